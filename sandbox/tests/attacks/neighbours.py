"""Attacks of one living session on another: to find, to read, to signal, to meet and to spy on it.

What the other one has is in the facts: a mark that is in its files, arguments, memory and sockets.
"""

import fcntl
import os
import re
import socket
import struct

from attack import got_through, processes, refusal, run, syscall

_INVERTED = bytes(255 - number for number in range(256))


def _plain(mark):
    return bytes.fromhex(mark).translate(_INVERTED)


def files(mark):
    """No file of the other's is there, by name or by what it holds."""
    word, found = _plain(mark), []
    for top in ('/home', '/tmp', '/dev', '/run', '/var', '/mnt', '/srv', '/opt', '/proc/self/root/tmp'):
        for folder, _, names in os.walk(top):
            found += [f'{folder}/{name}' for name in names if word.decode() in name]
    return found


def processes_of_the_other(mark):
    """No process of the other's is seen, neither by its number nor by its arguments."""
    word, found = _plain(mark), []
    for pid in processes():
        try:
            if word in open(f'/proc/{pid}/cmdline', 'rb').read() + open(f'/proc/{pid}/environ', 'rb').read():
                found.append(pid)
        except OSError:
            pass
    return found


def numbers_on_the_host(pids):
    """The numbers that the other's processes have on the host mean nothing here."""
    calls = {}
    for pid in pids:
        calls[f'kill {pid}'] = lambda pid=pid: os.kill(pid, 0)
        calls[f'pidfd {pid}'] = lambda pid=pid: os.close(os.pidfd_open(pid))
        calls[f'priority {pid}'] = lambda pid=pid: os.getpriority(os.PRIO_PROCESS, pid)
        calls[f'proc {pid}'] = lambda pid=pid: os.stat(f'/proc/{pid}')
        calls[f'futexes {pid}'] = lambda pid=pid: syscall(274, pid, bytes(8), bytes(8))
    met = got_through(calls, 'ESRCH', 'ENOENT', 'EPERM')
    # A number may be one's own by chance: a sandbox's own are low.
    return {name: got for name, got in met.items() if int(name.split()[1]) > 2000}


def all_of_a_user(mark):
    """A user's processes are one's own alone: neither priority nor signals reach the other's."""
    word = _plain(mark)
    os.setpriority(os.PRIO_USER, os.getuid(), 5)
    seen = [pid for pid in processes() if refusal(open, f'/proc/{pid}/stat') is None]
    return [pid for pid in seen if word in open(f'/proc/{pid}/cmdline', 'rb').read()]


def sockets_without_a_name(mark):
    """The other's abstract socket can neither be met nor seen."""
    word = _plain(mark).decode()
    calls = {'stream': lambda: socket.socket(socket.AF_UNIX).connect('\0' + word),
             'datagrams': lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect('\0' + word)}
    listed = [line for line in open('/proc/net/unix') if word in line]
    return listed or got_through(calls, 'ECONNREFUSED')


def namespaces(namespaces):
    """No namespace is the other's, the template's or the host's."""
    kinds = ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts')
    mine = {kind: os.readlink(f'/proc/self/ns/{kind}') for kind in kinds}
    return {kind: link for kind, link in mine.items() if link in namespaces}


def queues_and_shared_memory(ipc_key):
    """What the other made between processes by a key is not there."""
    calls = {'shmget': lambda: syscall(29, ipc_key, 0, 0), 'semget': lambda: syscall(64, ipc_key, 0, 0),
             'msgget': lambda: syscall(68, ipc_key, 0), 'mq_open': lambda: syscall(240, b'mark', os.O_RDWR, 0, 0)}
    return got_through(calls, 'ENOSYS', 'ENOENT', 'EPERM')


def locks_of_the_other():
    """The locks that others hold are not listed, and a file of one's own that has the same name is not locked."""
    with open('/tmp/locked', 'w') as file:
        refused = refusal(fcntl.flock, file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.unlink('/tmp/locked')
    return refused or open('/proc/locks').read()


def locks_on_the_image():
    """A file of the image or of /dev that the other has locked is not locked here, in neither of the ways to lock."""
    locked = []
    for path in ('/usr/bin/env', '/dev/null'):
        with open(path, 'rb') as file:
            # struct flock: would a lock for writing, on all of it, be in another's way?
            asked = struct.pack('hhqqi4x', fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, *_ = struct.unpack('hhqqi4x', fcntl.fcntl(file, fcntl.F_GETLK, asked))
            if refusal(fcntl.flock, file, fcntl.LOCK_EX | fcntl.LOCK_NB) or kind != fcntl.F_UNLCK:
                locked.append(path)
    return locked


def events_of_the_image():
    """What the other opens, reads or executes of the image is told by no call."""
    calls = {
        'inotify': lambda: syscall(294, 0), 'inotify_init': lambda: syscall(253),
        'fanotify': lambda: syscall(300, 0, 0),
        'dnotify': lambda: fcntl.fcntl(os.open('/usr/bin', os.O_RDONLY), 1026, 1),
        'lease': lambda: fcntl.fcntl(os.open('/usr/bin/python3', os.O_RDONLY), 1024, 0),
    }
    return got_through(calls, 'ENOSYS', 'EPERM')


def times_of_the_image():
    """That the other has read a file does not show in the file's times."""
    before = os.stat('/usr/bin/env').st_atime_ns
    os.system('env >/dev/null')
    return os.stat('/usr/bin/env').st_atime_ns != before


def terminals_of_the_other():
    """No pseudo terminal is there that is not this session's."""
    numbers = [int(name) for name in os.listdir('/dev/pts') if name.isdigit()]
    own = {os.readlink(f'/proc/{pid}/fd/{fd}') for pid in os.listdir('/proc') if pid.isdigit()
           for fd in ('0', '1') if refusal(os.readlink, f'/proc/{pid}/fd/{fd}') is None}
    return [number for number in numbers if f'/dev/pts/{number}' not in own]


def users_on_the_host(users):
    """The users that this session's files have on the host are not the other's."""
    with open('/proc/self/uid_map') as file:
        inside = [line.split() for line in file]
    shown = {int(number) for line in open('/proc/self/mountinfo') for number in re.findall(r'uid=(\d+)', line)}
    # The namespace of init tells them as the namespace above calls them; the options of a mount as the host does.
    return sorted(set(users) & shown) or (len(inside) != 2 and inside)


def memory_of_the_other(mark):
    """The other's mark is not in this session's memory."""
    word = _plain(mark).translate(_INVERTED)
    pid = os.getppid()
    memory = os.open(f'/proc/{pid}/mem', os.O_RDONLY)
    for line in open(f'/proc/{pid}/maps'):
        start, end = (int(number, 16) for number in line.split()[0].split('-'))
        for at in range(start, min(end, start + (64 << 20)), 1 << 20):
            try:
                if word in os.pread(memory, (1 << 20) + 100, at).translate(_INVERTED):
                    return hex(at)
            except (OSError, OverflowError):
                break


if __name__ == '__main__':
    run(globals())
