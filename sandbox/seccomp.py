"""Which system calls a sandbox may make: an allowlist, compiled with libseccomp into programs that init loads.

Whatever is not listed gets ENOSYS, as on a kernel that lacks it, so that libraries take their fallback; what
is known and unwanted gets EPERM, which says more. Nothing is killed: that would flood the host's log.
Calls of foreign architectures (int 0x80, x32) get ENOSYS too.
"""

import errno
import functools
import tempfile

from . import offline, sockets

# Reading and writing what is already open. Not splice and its kin, sendfile and copy_file_range among them: they
# handle pages of the page cache, where recent holes were, and every library falls back to read and write. Not preadv2:
# its RWF_NOWAIT tells what of a file is in memory, and so what neighbours have read.
_IO = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek close close_range dup dup2 dup3
    pipe pipe2 fsync fdatasync fallocate ftruncate
    eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
    signalfd signalfd4
"""
# Files by name. Not inotify and fanotify, which see what other sessions do to the shared image.
_FILES = """
    open openat openat2 creat stat fstat lstat newfstatat statx access faccessat faccessat2 getcwd chdir fchdir
    rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat
    chmod fchmod fchmodat chown fchown lchown fchownat truncate utime utimes utimensat futimesat umask
    getdents getdents64 statfs fstatfs mknod mknodat
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    removexattr lremovexattr fremovexattr
"""
_WAITING = """
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 futex
    nanosleep clock_nanosleep pause restart_syscall
"""
# Not mbind and its kin: BLAS falls back. Not mlock: the limit for it is 0.
_MEMORY = """
    brk munmap mremap mprotect msync membarrier
    set_robust_list get_robust_list rseq
"""
_PROCESSES = """
    fork vfork execve exit exit_group wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal
    getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address arch_prctl
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo
    rt_tgsigqueueinfo sigaltstack
    sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler
    sched_setscheduler sched_get_priority_max sched_get_priority_min sched_getattr
    getpriority setpriority capget
    getrlimit setrlimit prlimit64 getrusage times sysinfo uname
"""
_IDENTITY = 'getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid'
_TIME = """
    time gettimeofday clock_gettime clock_getres alarm getitimer setitimer
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete getrandom
"""
# On sockets that exist; which may be made, and what may be set, is in sockets.py.
_SOCKETS = 'bind listen accept accept4 connect getsockname getpeername shutdown'
ALLOWED = ' '.join((_IO, _FILES, _WAITING, _MEMORY, _PROCESSES, _IDENTITY, _TIME, _SOCKETS)).split()

# Known, unwanted, and refused in a way that says so.
REFUSED = """
    ptrace process_vm_readv process_vm_writev kcmp mount umount2 pivot_root chroot unshare setns
    bpf perf_event_open userfaultfd keyctl add_key request_key init_module finit_module delete_module
    kexec_load reboot swapon swapoff acct settimeofday clock_settime adjtimex sethostname setdomainname
    open_by_handle_at name_to_handle_at quotactl syslog personality iopl ioperm
    inotify_init inotify_init1 inotify_add_watch fanotify_init
""".split()

# They succeed and do nothing. The first two would flush the whole machine's disks for one visitor; the third evicts
# pages of the image from memory, and who times the next read then knows what a neighbour has read.
IGNORED = ['sync', 'syncfs', 'fadvise64']

# As on a file system without attributes, which cp, tar and shutil take in silence. Access control lists on a RAM disk
# are kernel memory that is charged to nobody: 64 KB each, two for each file.
UNSUPPORTED = ['setxattr', 'lsetxattr', 'fsetxattr']

# Only init needs these: it hands terminals to `user` and puts the stricter program in front of them.
INIT_ONLY = ['setresuid', 'setresgid', 'setgroups', 'capset', 'seccomp']

# clone(2) may make threads and processes, but no namespaces (linux/sched.h).
_NAMESPACE_FLAGS = 0x7E020000

# ioctl(2) requests (asm-generic/ioctls.h): what terminals and pipes need. Not TIOCSTI and TIOCLINUX, which type
# for the visitor, and not TIOCSETD, which loads line disciplines.
_IOCTLS = {
    'TCGETS': 0x5401, 'TCSETS': 0x5402, 'TCSETSW': 0x5403, 'TCSETSF': 0x5404, 'TCSBRK': 0x5409, 'TCXONC': 0x540A,
    'TCFLSH': 0x540B, 'TIOCSCTTY': 0x540E, 'TIOCGPGRP': 0x540F, 'TIOCSPGRP': 0x5410, 'TIOCOUTQ': 0x5411,
    'TIOCGWINSZ': 0x5413, 'TIOCSWINSZ': 0x5414, 'FIONREAD': 0x541B, 'TIOCPKT': 0x5420, 'FIONBIO': 0x5421,
    'TIOCNOTTY': 0x5422, 'TIOCGSID': 0x5429, 'TIOCGPTN': 0x80045430, 'TIOCSPTLCK': 0x40045431,
    'TIOCGPTPEER': 0x5441, 'FIONCLEX': 0x5450, 'FIOCLEX': 0x5451, 'FIOASYNC': 0x5452,
}

# For init alone: it takes the notifications of the visitor's filter and answers them.
_INIT_IOCTLS = {'NOTIF_RECV': offline.NOTIF_RECV, 'NOTIF_SEND': offline.NOTIF_SEND}

# fcntl(2) commands (asm-generic/fcntl.h, linux/fcntl.h): descriptors, flags, locks, pipes, seals. Not F_NOTIFY, which
# tells what neighbours read of the image they share, and not F_SETLEASE and F_SETSIG.
_FCNTLS = {
    'DUPFD': 0, 'GETFD': 1, 'SETFD': 2, 'GETFL': 3, 'SETFL': 4, 'GETLK': 5, 'SETOWN': 8,
    'GETOWN': 9, 'DUPFD_CLOEXEC': 1030, 'SETPIPE_SZ': 1031,
    'GETPIPE_SZ': 1032, 'ADD_SEALS': 1033, 'GET_SEALS': 1034,
}

# Those of them that lock: init is asked (locks.py), as it is for flock(2). Not those of open files, OFD_SETLK.
_LOCKING = {'SETLK': 6, 'SETLKW': 7}

# madvise(2) advice (asm-generic/mman-common.h). Not MERGEABLE, whose timing shows what neighbours hold, and not what
# evicts pages that are shared.
_ADVICE = {
    'NORMAL': 0, 'RANDOM': 1, 'SEQUENTIAL': 2, 'WILLNEED': 3, 'DONTNEED': 4, 'FREE': 8, 'REMOVE': 9, 'DONTFORK': 10,
    'DOFORK': 11, 'HUGEPAGE': 14, 'NOHUGEPAGE': 15, 'DONTDUMP': 16, 'DODUMP': 17, 'WIPEONFORK': 18, 'KEEPONFORK': 19,
}

# Calls that can ask for huge pages (MAP_HUGETLB, MFD_HUGETLB), with the position of their flags: where a host has set
# such pages aside, no control group counts them.
_HUGE_PAGES = {'mmap': (3, 0x40000), 'memfd_create': (1, 0x4)}

# prctl(2) options (linux/prctl.h): names, death signals, dumpability, what can be asked. Not SET_VMA, whose names of
# mappings are charged to nobody.
_PRCTLS = {
    'SET_PDEATHSIG': 1, 'GET_PDEATHSIG': 2, 'GET_DUMPABLE': 3, 'SET_DUMPABLE': 4, 'SET_NAME': 15, 'GET_NAME': 16,
    'GET_SECCOMP': 21, 'CAPBSET_READ': 23, 'GET_SECUREBITS': 27, 'GET_TIMERSLACK': 30, 'SET_NO_NEW_PRIVS': 38,
    'GET_NO_NEW_PRIVS': 39, 'GET_TID_ADDRESS': 40,
}


@functools.cache
def compile_programs(has_network):
    """Returns {'init': program, 'user': program}, each bytes of sock_filter.

    has_network: whether sockets of the internet's families may be made. init's is loaded first and user's in front of
    it, so that user's can only take away. Raises ImportError without Debian's python3-seccomp.
    """
    return {'init': _compile(True, has_network), 'user': _compile(False, has_network)}


def _compile(for_init, has_network):
    import seccomp
    from seccomp import ALLOW, EQ, ERRNO, MASKED_EQ, NOTIFY, Arg, Attr

    program = seccomp.SyscallFilter(ERRNO(errno.ENOSYS))
    program.set_attr(Attr.ACT_BADARCH, ERRNO(errno.ENOSYS))
    # A binary tree instead of a list: a call costs a handful of comparisons and not two hundred.
    program.set_attr(Attr.CTL_OPTIMIZE, 2)
    for name in ALLOWED + (INIT_ONLY if for_init else []):
        program.add_rule(ALLOW, name)
    for name in REFUSED:
        program.add_rule(ERRNO(errno.EPERM), name)
    for name in IGNORED:
        program.add_rule(ERRNO(0), name)
    for name in UNSUPPORTED:
        program.add_rule(ERRNO(errno.EOPNOTSUPP), name)
    program.add_rule(ALLOW, 'clone', Arg(0, MASKED_EQ, _NAMESPACE_FLAGS, 0))
    sockets.add_rules(program, for_init, has_network)
    for call, position, known in (('ioctl', 1, _IOCTLS), ('fcntl', 1, _FCNTLS), ('madvise', 2, _ADVICE)):
        for value in known.values():
            program.add_rule(ALLOW, call, Arg(position, EQ, value))
    for call, (position, flag) in _HUGE_PAGES.items():
        program.add_rule(ALLOW, call, Arg(position, MASKED_EQ, flag, 0))
        program.add_rule(ERRNO(errno.ENOMEM), call, Arg(position, MASKED_EQ, flag, flag))
    for command in _LOCKING.values():
        program.add_rule(ALLOW if for_init else NOTIFY, 'fcntl', Arg(1, EQ, command))
    program.add_rule(ALLOW if for_init else NOTIFY, 'flock')
    if for_init:
        program.add_rule(ALLOW, 'prctl')
        for request in _INIT_IOCTLS.values():
            program.add_rule(ALLOW, 'ioctl', Arg(1, EQ, request))
    else:
        for option in _PRCTLS.values():
            program.add_rule(ALLOW, 'prctl', Arg(0, EQ, option))
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()
