"""Attacks by system calls: every number of every way in, with arguments that no call takes."""

import ctypes
import errno
import mmap
import os
import select
import signal

from attack import libc, run

# Beyond the highest number of today's kernels.
_NUMBERS = range(600)

# More than a sandbox may reach (asm/unistd_64.h).
_MOST = 230

# rt_sigreturn, fork, vfork, exit, exit_group: what they do is known, and trying goes on in nobody.
_NOT_TRIED = {15, 57, 58, 60, 231}

_BAD = {
    'ptrace': 101, 'mount': 165, 'umount2': 166, 'pivot_root': 155, 'chroot': 161, 'unshare': 272, 'setns': 308,
    'bpf': 321, 'perf_event_open': 298, 'userfaultfd': 323, 'keyctl': 250, 'add_key': 248, 'request_key': 249,
    'init_module': 175, 'finit_module': 313, 'delete_module': 176, 'kexec_load': 246, 'kexec_file_load': 320,
    'reboot': 169, 'swapon': 167, 'swapoff': 168, 'acct': 163, 'settimeofday': 164, 'clock_settime': 227,
    'adjtimex': 159, 'clock_adjtime': 305, 'sethostname': 170, 'setdomainname': 171, 'open_by_handle_at': 304,
    'name_to_handle_at': 303, 'quotactl': 179, 'quotactl_fd': 443, 'syslog': 103, 'personality': 135, 'iopl': 172,
    'ioperm': 173, 'inotify_init': 253, 'inotify_init1': 294, 'inotify_add_watch': 254, 'fanotify_init': 300,
    'fanotify_mark': 301, 'process_vm_readv': 310, 'process_vm_writev': 311, 'kcmp': 312, 'io_uring_setup': 425,
    'io_uring_enter': 426, 'io_uring_register': 427, 'io_setup': 206, 'io_submit': 209, 'clone3': 435, 'splice': 275,
    'vmsplice': 278, 'tee': 276, 'sendfile': 40, 'copy_file_range': 326, 'shmget': 29, 'shmat': 30, 'semget': 64,
    'semop': 65, 'msgget': 68, 'msgsnd': 69, 'mq_open': 240, 'mq_notify': 244, 'fsopen': 430, 'fsconfig': 431,
    'fsmount': 432, 'fspick': 433, 'open_tree': 428, 'move_mount': 429, 'mount_setattr': 442, 'pidfd_getfd': 438,
    'process_madvise': 440, 'process_mrelease': 448, 'move_pages': 279, 'migrate_pages': 256, 'mbind': 237,
    'set_mempolicy': 238, 'mlock': 149, 'mlock2': 325, 'mlockall': 151, 'modify_ldt': 154, 'seccomp': 317,
    'setresuid': 117, 'setresgid': 119, 'setgroups': 116, 'capset': 126, 'vhangup': 153, 'memfd_secret': 447,
    'remap_file_pages': 216, 'mincore': 27, 'cachestat': 451, 'pkey_alloc': 330, 'ioprio_set': 251,
    'sched_setattr': 314, 'lookup_dcookie': 212, 'nfsservctl': 180, 'sysfs': 139, 'uselib': 134, 'ustat': 136,
    'landlock_create_ruleset': 444, 'landlock_add_rule': 445, 'landlock_restrict_self': 446, 'statmount': 457,
    'listmount': 458, 'setxattrat': 463, 'map_shadow_stack': 453, 'readahead': 187, 'sync_file_range': 277,
}
_REFUSALS = (errno.ENOSYS, errno.EPERM)

# mov eax, edi; then -1 in ebx, ecx, edx, esi, edi and ebp; int 0x80. What the caller needs is saved before.
_OLD_CALL = bytes.fromhex(
    '53 55 89f8 bbffffffff b9ffffffff baffffffff beffffffff bfffffffff bdffffffff cd80 5d 5b c3'
)


def _answers(numbers, call):
    """Calls with each number; {number: error, None for success or for a call that came to no end} of what answers."""
    answers, left = {}, [number for number in numbers]
    while left:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            for number in left:
                # What waits gets interrupted, what would end all of this is one number's own fault.
                signal.signal(signal.SIGALRM, lambda *_: None)
                signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
                answer = call(number)
                os.write(writing, f'{number}:{answer} '.encode())
            os._exit(0)
        os.close(writing)
        said = b''
        # A call that neither returns nor ends the process is one that was let through.
        while select.select([reading], [], [], 3)[0] and (part := os.read(reading, 65536)):
            said += part
        os.close(reading)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        found = [each.split(':') for each in said.decode().split()]
        answers.update((int(number), int(answer)) for number, answer in found)
        left = left[len(found):]
        if left:
            answers[left.pop(0)] = 0
    return answers


def _call(number):
    """The error of a system call all of whose arguments are -1, 0 where it succeeds."""
    ctypes.set_errno(0)
    arguments = [ctypes.c_long(-1)] * 6
    return ctypes.get_errno() if libc.syscall(ctypes.c_long(number), *arguments) == -1 else 0


def how_many_are_there():
    """At most 230 numbers are answered by the kernel itself, and the rest refused."""
    answers = _answers([number for number in _NUMBERS if number not in _NOT_TRIED], _call)
    reached = [number for number, answer in answers.items() if answer not in _REFUSALS]
    return len(reached) + len(_NOT_TRIED) > _MOST and reached


def known_bad():
    """No call is reached that is known to be bad, whatever else is in the register of its number."""
    answers = _answers(_BAD.values(), _call)
    high = _answers([number + (1 << 32) for number in _BAD.values()], _call)
    reached = [name for name, number in _BAD.items() if answers[number] not in _REFUSALS]
    return reached + [name for name, number in _BAD.items() if high[number + (1 << 32)] not in _REFUSALS]


def in_the_way_of_x32():
    """No call of the x32 architecture is answered."""
    answers = _answers([number | 0x40000000 for number in _NUMBERS], _call)
    return {number: answer for number, answer in answers.items() if answer != errno.ENOSYS}


def in_the_way_of_32_bits():
    """No call of 32-bit programs is answered."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(_OLD_CALL)
    enter = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    answers = _answers(_NUMBERS, lambda number: -min(enter(number), 0))
    return {number: answer for number, answer in answers.items() if answer != errno.ENOSYS}


def written_by_hand():
    """No machine code gets further than the library's calls do."""
    # mov eax, edi; mov edi, esi; mov rsi, rdx; syscall; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex('89f8 89f7 4889d6 0f05 c3'))
    enter = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_long)(
        ctypes.addressof(ctypes.c_char.from_buffer(code))
    )
    answers = {name: -enter(number, -1, -1) for name, number in _BAD.items()}
    return {name: answer for name, answer in answers.items() if answer not in _REFUSALS}


def harmless_by_name_alone():
    """What would flush every disk of the machine returns at once and does nothing."""
    return {name: answer for name, number in (('sync', 162), ('syncfs', 306)) if (answer := _call(number))}


if __name__ == '__main__':
    run(globals())
