"""Attacks on rights: to become another user, to gain a capability, to loosen what is locked, to command others."""

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
import subprocess

from attack import Children, got_through, libc, refusal, run, status, syscall

# asm/unistd_64.h
_CLONE, _UNSHARE, _SETNS, _CLONE3, _CAPSET, _SECCOMP, _KEYCTL, _ADD_KEY, _REQUEST_KEY = (
    56, 272, 308, 435, 126, 317, 250, 248, 249,
)
_SETRESUID, _SETRESGID, _SETFSUID, _SETFSGID, _SETGROUPS = 117, 119, 122, 123, 116
_IOPRIO_SET, _SCHED_SETATTR, _PIDFD_GETFD = 251, 314, 438

# linux/prctl.h
_SET_SECCOMP, _GET_SECUREBITS, _SET_SECUREBITS, _SET_MM, _SUBREAPER, _AMBIENT = 22, 27, 28, 35, 36, 47
# linux/securebits.h: NOROOT and NO_CAP_AMBIENT_RAISE, and all four locked.
_LOCKED = 0b11_10_10_11


def users():
    """The visitor is user 1000 in no other group, in every process."""
    seen = [os.getresuid(), os.getresgid(), tuple(os.getgroups())]
    return seen if seen != [(1000,) * 3, (1000,) * 3, ()] else None


def capabilities():
    """There is no capability in any set, and none comes with a program."""
    words = subprocess.run(['grep', '^Cap', '/proc/self/status'], capture_output=True, text=True).stdout
    executed = [line for line in words.splitlines() if int(line.split()[1], 16)]
    return executed or {name: value for name, value in status().items() if name.startswith('Cap') and int(value, 16)}


def locks():
    """No program gains privileges, two filters stand before each system call, and the secure bits are locked."""
    fields = status()
    seen = (fields['NoNewPrivs'], fields['Seccomp'], fields['Seccomp_filters'], libc.prctl(_GET_SECUREBITS))
    return seen if seen != ('1', '2', '2', _LOCKED) else None


def become_another():
    """No call makes another user or group of the visitor."""
    groups = (ctypes.c_uint32 * 1)(0)
    calls = {
        'setuid': lambda: os.setuid(0), 'setgid': lambda: os.setgid(0), 'setreuid': lambda: os.setreuid(0, 0),
        'setregid': lambda: os.setregid(0, 0), 'setresuid': lambda: syscall(_SETRESUID, 0, 0, 0),
        'setresgid': lambda: syscall(_SETRESGID, 0, 0, 0), 'setgroups': lambda: syscall(_SETGROUPS, 1, groups),
        'setfsuid': lambda: syscall(_SETFSUID, 0), 'setfsgid': lambda: syscall(_SETFSGID, 0),
        'chown': lambda: os.chown('/home/user', 0, 0),
        'chown to the template': lambda: os.chown('/home/user', 65534, 0),
    }
    return got_through(calls, 'EPERM', 'ENOSYS', 'EINVAL')


def gain_a_capability():
    """No capability can be set, raised or written on a file."""
    header, data = struct.pack('=Ii', 0x20080522, 0), struct.pack('=6I', 1 << 21, 1 << 21, 1 << 21, 0, 0, 0)
    path = '/home/user/program'
    open(path, 'w').close()
    value = struct.pack('=5I', 0x02000001, 0xFFFFFFFF, 0, 0, 0)
    calls = {
        'capset': lambda: syscall(_CAPSET, header, data), 'ambient': lambda: syscall(157, _AMBIENT, 2, 21, 0, 0),
        'secure bits': lambda: syscall(157, _SET_SECUREBITS, 0), 'keep': lambda: syscall(157, 8, 1),
        'on a file': lambda: os.setxattr(path, 'security.capability', value),
        'trusted': lambda: os.setxattr(path, 'trusted.x', b''),
    }
    return got_through(calls, 'EPERM', 'ENOSYS', 'EINVAL', 'ENOTSUP')


def namespaces():
    """No namespace can be made or entered, by any of the calls for it."""
    flags = {'mnt': 0x20000, 'cgroup': 0x2000000, 'uts': 0x4000000, 'ipc': 0x8000000, 'user': 0x10000000,
             'pid': 0x20000000, 'net': 0x40000000, 'time': 0x80}
    calls = {f'unshare {name}': lambda flag=flag: syscall(_UNSHARE, flag) for name, flag in flags.items()}
    calls |= {f'setns {name}': lambda name=name: syscall(_SETNS, os.open(f'/proc/self/ns/{name}', os.O_RDONLY), 0)
              for name in flags}
    calls['setns by process'] = lambda: syscall(_SETNS, os.pidfd_open(os.getppid()), 0x10020000)
    for name, flag in flags.items():
        if name != 'time':
            calls[f'clone {name}'] = lambda flag=flag: _clone(flag)
            calls[f'clone3 {name}'] = lambda flag=flag: _clone3(flag)
    return got_through(calls, 'EPERM', 'ENOSYS')


def _clone(flag):
    if syscall(_CLONE, flag | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
    os.wait()


def _clone3(flag):
    if syscall(_CLONE3, struct.pack('=11Q', flag, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0), 88) == 0:
        os._exit(0)
    os.wait()


def loosen_the_filter():
    """No filter of one's own can be loaded, watched or taken away."""
    program = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0x7FFF0000))
    header = ctypes.create_string_buffer(struct.pack('=HxxxxxxQ', 1, ctypes.addressof(program)))
    calls = {
        'prctl': lambda: syscall(157, _SET_SECCOMP, 2, header), 'strict': lambda: syscall(157, _SET_SECCOMP, 1, 0),
        'seccomp': lambda: syscall(_SECCOMP, 1, 0, header), 'listener': lambda: syscall(_SECCOMP, 1, 8, header),
        'new privileges': lambda: syscall(157, 38, 0, 0, 0, 0),
    }
    return got_through(calls, 'EPERM', 'ENOSYS', 'EINVAL')


def keys_of_the_host(key):
    """No key of the host's can be found, read or added to."""
    for number in (0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFFB):
        refusal(lambda number=number: syscall(_KEYCTL, 0, number, 0))
    calls = {
        'search': lambda: syscall(_KEYCTL, 10, ctypes.c_long(-3), b'user', key.encode(), 0),
        'request': lambda: syscall(_REQUEST_KEY, b'user', key.encode(), None, 0),
    }
    return got_through(calls, 'EPERM', 'ENOSYS', 'ENOKEY', 'EACCES')


def command_others():
    """No process of another user's can be signalled, renumbered, slowed or limited."""
    calls = {
        'kill': lambda: os.kill(1, signal.SIGKILL), 'stop': lambda: os.kill(1, signal.SIGSTOP),
        'thread': lambda: syscall(234, 1, 1, signal.SIGKILL),
        'pidfd': lambda: signal.pidfd_send_signal(os.pidfd_open(1), signal.SIGKILL),
        'pidfd_getfd': lambda: syscall(_PIDFD_GETFD, os.pidfd_open(1), 3, 0),
        'priority': lambda: os.setpriority(os.PRIO_PROCESS, 1, 19), 'group of init': lambda: os.setpgid(0, 1),
        'terminal': lambda: os.tcsetpgrp(0, 1), 'io priority': lambda: syscall(_IOPRIO_SET, 1, 1, 0x6000),
        'limit': lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)),
        'scheduler': lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
        'affinity': lambda: os.sched_setaffinity(1, {0}), 'queue': lambda: syscall(129, 1, 9, bytes(128)),
    }
    return got_through(calls, 'EPERM', 'ENOSYS', 'ESRCH', 'EACCES', 'EINVAL', 'ENOENT')


def come_first():
    """No real-time policy and no lower niceness can be had, by any call."""
    calls = {f'policy {policy}': lambda policy=policy: os.sched_setscheduler(0, policy, os.sched_param(1))
             for policy in (os.SCHED_FIFO, os.SCHED_RR, 6)}
    calls['niceness'] = lambda: os.setpriority(os.PRIO_PROCESS, 0, -1)
    calls['raised and lowered'] = lambda: (os.nice(5), os.nice(-1))
    calls['sched_setattr'] = lambda: syscall(_SCHED_SETATTR, 0, struct.pack('=IIQiIQQQ', 48, 2, 0, 0, 1, 0, 0, 0), 0)
    limits = {name: resource.getrlimit(getattr(resource, f'RLIMIT_{name}')) for name in ('RTPRIO', 'NICE')}
    raised = {name: value for name, value in limits.items() if value != (0, 0)}
    return raised or got_through(calls, 'EPERM', 'EACCES', 'ENOSYS', 'EINVAL')


def speak_as_another():
    """Nobody can say by a socket that they are another process or user."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    claims = {'init': (1, 1000, 1000), 'root': (os.getpid(), 0, 1000), 'its group': (os.getpid(), 1000, 0)}
    calls = {name: lambda claim=claim: one.sendmsg([b'x'], [(1, 2, struct.pack('3i', *claim))])
             for name, claim in claims.items()}
    return got_through(calls, 'EPERM', 'ESRCH', 'EINVAL')


def signals_by_way_of_files():
    """A file's owner gets no signal that the visitor could not send."""
    slave = os.open(os.ttyname(0), os.O_RDWR | os.O_NOCTTY)
    refusal(fcntl.fcntl, slave, fcntl.F_SETOWN, 1)
    refusal(fcntl.ioctl, slave, 0x5452, struct.pack('i', 1))
    got = refusal(fcntl.fcntl, slave, 10, signal.SIGKILL)
    os.close(slave)
    return got != 'ENOSYS' and got


def another_s_program():
    """A process that another executed from the image has the same rights and no more."""
    rights = ('Cap', 'NoNew', 'Seccomp', 'Uid', 'Gid')
    wanted = {name: value for name, value in status().items() if name.startswith(rights)}
    text = subprocess.run(['cat', '/proc/self/status'], capture_output=True, text=True).stdout
    seen = dict(line.split(':\t', 1) for line in text.splitlines() if ':\t' in line)
    return {name: seen[name] for name in wanted if seen[name] != wanted[name]}


def layout_of_memory():
    """The personality, which switches address randomisation off, cannot be changed."""
    calls = {'personality': lambda: syscall(135, 0x0040000), 'SET_MM': lambda: syscall(157, _SET_MM, 1, 4096, 0, 0)}
    return got_through(calls, 'EPERM', 'ENOSYS')


def adopt_orphans():
    """No process can become the one that orphans go to, and hide them from init."""
    with Children() as children:
        children.fork()
        return got_through({'subreaper': lambda: syscall(157, _SUBREAPER, 1)}, 'ENOSYS', 'EPERM')


if __name__ == '__main__':
    run(globals())
