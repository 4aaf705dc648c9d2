"""Attacks by way of /proc and /sys: what they tell of the host and of others, and what can be set there."""

import ctypes
import os
import re
import signal

from attack import got_through, processes, refusal, run, status

# Of /proc, beside the processes.
_KEPT = set('cpuinfo filesystems loadavg meminfo mounts net self stat sys thread-self uptime version'.split())

# How much of one file is looked at, in bytes.
_READ = 1 << 16


def _files(top):
    """Every file below a folder that can be read, with its text."""
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in ('task', 'map_files', 'root', 'cwd', 'fd')]
        # The kernel's log tells of who reads these.
        for name in set(names) - {'base_reachable_time', 'retrans_time'}:
            path = f'{folder}/{name}'
            try:
                file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            except OSError:
                continue
            try:
                yield path, os.read(file, _READ).decode(errors='replace')
            except OSError:
                pass
            finally:
                os.close(file)


def what_is_masked():
    """Beside the processes and what top and free read, every file of /proc is empty."""
    names = [name for name in os.listdir('/proc') if not name.isdigit() and name not in _KEPT]
    told = [path for name in names if os.path.isdir(f'/proc/{name}') for path, text in _files(f'/proc/{name}')]
    for name in names:
        if not os.path.isdir(f'/proc/{name}'):
            try:
                told += [name] if open(f'/proc/{name}', 'rb').read(100) else []
            except OSError:
                told.append(name)
    return told


def the_name_of_the_boot():
    """The host's name for its boot is not told."""
    return open('/proc/sys/kernel/random/boot_id').read()


def the_name_of_the_host(host_name):
    """The host's name is not told."""
    told = [os.uname().nodename, open('/proc/sys/kernel/hostname').read().strip()]
    return host_name in told and told


def what_sys_tells():
    """There is no /sys."""
    return os.listdir('/sys')


def words_of_the_host(host_words):
    """No file of /proc, /sys, /etc, /run and /dev tells a name, a path or a process of the host."""
    words = [bytes.fromhex(word).translate(bytes(255 - n for n in range(256))).decode() for word in host_words]
    tops = ('/proc', '/sys', '/etc', '/run')
    return [(path, word) for top in tops for path, text in _files(top) for word in words if word in text]


def addresses_of_the_kernel():
    """No file of /proc tells an address of the kernel's."""
    found = [(path, re.search(r'ffff[89a-f][0-9a-f]{11}', text)) for path, text in _files('/proc')]
    # The page that every process of every machine has there, and a mask of all ones.
    return [(path, match[0]) for path, match in found if match and not match[0].startswith(('ffffffffff6', 'f' * 16))]


def addresses_of_pages():
    """Where a page is in the machine's memory is not told."""
    file = os.open('/proc/self/pagemap', os.O_RDONLY)
    page = ctypes.create_string_buffer(b'here', 1 << 16)
    entries = os.pread(file, 64, (ctypes.addressof(page) >> 12) * 8)
    numbers = [int.from_bytes(entries[at:at + 8], 'little') & ((1 << 55) - 1) for at in range(0, len(entries), 8)]
    os.close(file)
    return [number for number in numbers if number]


def settings_of_the_kernel():
    """No setting of the kernel can be written, nor any control of it."""
    paths = [path for path, _ in _files('/proc/sys')] + ['/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern']
    writable = [path for path in paths if refusal(os.open, path, os.O_WRONLY) is None]
    return [path for path in writable if os.stat(path).st_rdev != os.makedev(1, 3)] + _not_read_only()


def _not_read_only():
    with open('/proc/self/mountinfo') as file:
        lines = [line.split() for line in file]
    covering = [line[5].split(',') for line in lines if line[4] == '/proc/sys']
    return [] if covering and 'ro' in covering[-1] else ['/proc/sys is not read only']


def other_processes():
    """Init and every other user's processes are not there to be seen."""
    uid = os.getuid()
    others = [pid for pid in processes() if refusal(os.stat, f'/proc/{pid}') or os.stat(f'/proc/{pid}').st_uid != uid]
    paths = ('', '/status', '/cmdline', '/environ', '/maps', '/mem', '/fd', '/root', '/cwd', '/exe', '/ns/net', '/task')
    calls = {f'/proc/1{path}': lambda path=path: os.close(os.open(f'/proc/1{path}', os.O_RDONLY)) for path in paths}
    return others or got_through(calls, 'ENOENT')


def place_among_the_groups():
    """The control group's place on the host does not show."""
    return [line for line in open('/proc/self/cgroup').read().split() if not line.endswith(':/')]


def names_of_init():
    """Of the process namespace, this is a process with a low number: no numbers of the host's are told."""
    fields = status()
    told = {name: fields[name] for name in ('NStgid', 'NSpid') if len(fields[name].split()) != 1}
    return told or (os.getpid() > 4000 and os.getpid())


def standing_before_others():
    """No process can be made to go later than others when memory is short, nor to come earlier to the processor."""

    def write(path, value):
        with open(path, 'wb', buffering=0) as file:
            file.write(value)

    score = open('/proc/self/oom_score_adj').read().strip()
    calls = {f'oom_score_adj {value}': lambda value=value: write('/proc/self/oom_score_adj', str(value).encode())
             for value in (-1, -500, -1000)}
    calls |= {f'autogroup {value}': lambda value=value: write('/proc/self/autogroup', str(value).encode())
              for value in (-1, -20)}
    first = {} if score == '500' else {'oom_score_adj': score}
    return first or got_through(calls, 'EACCES', 'EPERM', 'ENOENT', 'EINVAL', 'EAGAIN')


def users_of_the_namespace():
    """No process can change which users it has, nor let itself into other groups."""

    def write(name, value):
        file = os.open(f'/proc/self/{name}', os.O_WRONLY)
        os.write(file, value)

    calls = {
        'uid_map': lambda: write('uid_map', b'0 0 1\n'), 'gid_map': lambda: write('gid_map', b'0 0 1\n'),
        'projid_map': lambda: write('projid_map', b'0 0 1\n'), 'setgroups': lambda: write('setgroups', b'allow'),
        'attr': lambda: write('attr/current', b'x'),
    }
    return got_through(calls, 'EACCES', 'EPERM', 'ENOENT', 'EINVAL')


def what_the_kernel_is_at():
    """The kernel's stack, and the system call that a process of others waits in, are not told."""
    calls = {name: lambda name=name: open(f'/proc/{name}').read() for name in ('self/stack', '1/syscall', '1/wchan')}
    return got_through(calls, 'EACCES', 'EPERM', 'ENOENT')


def memory_of_init():
    """No memory that is not one's own can be opened, by number or by a descriptor of the process."""
    import attack

    pidfd = refusal(lambda: os.close(os.pidfd_open(1)))
    calls = {
        'mem': lambda: os.open('/proc/1/mem', os.O_RDWR), 'thread': lambda: os.open('/proc/1/task/1/mem', os.O_RDWR),
        'process_vm_readv': lambda: attack.syscall(310, 1, 0, 0, 0, 0, 0),
        'process_vm_writev': lambda: attack.syscall(311, 1, 0, 0, 0, 0, 0),
        'ptrace': lambda: attack.syscall(101, 16, 1, 0, 0), 'kcmp': lambda: attack.syscall(312, 1, 1, 0, 0, 0),
        'signal': lambda: os.kill(1, signal.SIGKILL),
    }
    return got_through(calls, 'ENOENT', 'EPERM', 'ESRCH', 'EACCES') or pidfd not in ('EPERM', 'ESRCH', None)


if __name__ == '__main__':
    run(globals())
