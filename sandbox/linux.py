"""The system calls that Python 3.11 does not offer, with the names and numbers of the kernel's headers (x86-64).

Each raises OSError that names the call and what it was called with.
"""

import ctypes
import errno
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)

# linux/sched.h
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# linux/mount.h
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

# linux/prctl.h, linux/securebits.h
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SECCOMP_MODE_FILTER = 2
# linux/seccomp.h
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
# On: NOROOT (user 0 gains nothing at exec) and NO_CAP_AMBIENT_RAISE. Off: NO_SETUID_FIXUP and KEEP_CAPS (leaving
# user 0 loses every capability). All four locked.
SECUREBITS = 0b11_10_10_11

# linux/capability.h
CAP_CHOWN = 0
CAP_KILL = 5
CAP_SETGID = 6
CAP_SETUID = 7
CAP_LAST = 63
_CAPABILITY_VERSION_3 = 0x20080522

_SYS_PIVOT_ROOT = 155
_SYS_KEYCTL = 250
_SYS_SECCOMP = 317
_KEYCTL_JOIN_SESSION_KEYRING = 1


def _checked(result, call, *args):
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f'{call}{args}: {os.strerror(number)}')
    return result


def _bytes(text):
    return None if text is None else os.fsencode(text)


def mount(source, target, kind, flags, options=None):
    """mount(2). kind is the filesystem's type, or None for a bind, a remount or a change of propagation."""
    _checked(
        _libc.mount(_bytes(source), _bytes(target), _bytes(kind), ctypes.c_ulong(flags), _bytes(options)),
        'mount', source, target, kind, flags, options,
    )


def umount(target, flags=0):
    _checked(_libc.umount2(_bytes(target), flags), 'umount2', target, flags)


def umount_if_mounted(target):
    try:
        umount(str(target), MNT_DETACH)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def pivot_root(new_root, put_old):
    _checked(_libc.syscall(_SYS_PIVOT_ROOT, _bytes(new_root), _bytes(put_old)), 'pivot_root', new_root, put_old)


def unshare(flags):
    _checked(_libc.unshare(flags), 'unshare', hex(flags))


def setns(fd, kind):
    _checked(_libc.setns(fd, kind), 'setns', fd, hex(kind))


def close_from(first):
    """Closes every descriptor from `first` on."""
    os.closerange(first, 2**31 - 1)


def sethostname(name):
    raw = name.encode()
    _checked(_libc.sethostname(raw, len(raw)), 'sethostname', name)


def prctl(option, *args):
    longs = [ctypes.c_ulong(arg) for arg in args] + [ctypes.c_ulong(0)] * (4 - len(args))
    return _checked(_libc.prctl(option, *longs), 'prctl', option, *args)


def set_name(name):
    """What ps and top show in the short form: at most 15 bytes."""
    _checked(_libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0), 'prctl', 'PR_SET_NAME', name)


def new_session_keyring():
    """Leaves the session keyring that was inherited, so that no key of the host's can be reached."""
    _checked(_libc.syscall(_SYS_KEYCTL, _KEYCTL_JOIN_SESSION_KEYRING, None), 'keyctl', 'JOIN_SESSION_KEYRING')


def drop_bounding_set():
    """Gives up every capability for good: nothing that is executed from here on can gain one."""
    with open('/proc/sys/kernel/cap_last_cap') as file:
        last = int(file.read())
    for capability in range(last + 1):
        prctl(PR_CAPBSET_DROP, capability)


def set_capabilities(kept):
    """capset(2): the permitted and effective sets become exactly `kept`, the inheritable set empty."""
    mask = sum(1 << capability for capability in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = struct.pack('=Ii', _CAPABILITY_VERSION_3, 0)
    data = struct.pack('=6I', low, low, 0, high, high, 0)
    _checked(_libc.capset(header, data), 'capset', kept)


def load_seccomp(program):
    """Puts a classic BPF program (bytes of sock_filter, 8 each) in front of every system call of this thread.

    Needs no_new_privs. There must be one thread, since the others would stay outside.
    """
    header, _kept = _filter_program(program)
    _checked(
        _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0),
        'prctl', 'PR_SET_SECCOMP', f'{len(program) // 8} instructions',
    )


def load_seccomp_with_listener(program):
    """The same. Returns a descriptor that tells of the calls for which the program wants to be asked."""
    header, _kept = _filter_program(program)
    return _checked(
        _libc.syscall(
            _SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, ctypes.byref(header),
        ),
        'seccomp', 'NEW_LISTENER', f'{len(program) // 8} instructions',
    )


def _filter_program(program):
    """struct sock_fprog, and what it points to, which has to live as long."""
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack('=HxxxxxxQ', len(program) // 8, ctypes.addressof(instructions))
    return ctypes.create_string_buffer(header), instructions
