"""Attacks on devices: the host's, other sandboxes' terminals, and the harmless ones in ways that do harm."""

import ctypes
import errno
import fcntl
import os
import stat
import struct

from attack import got_through, libc, refusal, run

_NAMES = set('fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.split())

# linux/devices.txt: major and minor numbers of what is harmless here.
_HARMLESS = {(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)}

# linux/random.h
_RNDADDTOENTCNT, _RNDADDENTROPY, _RNDZAPENTCNT, _RNDCLEARPOOL, _RNDRESEEDCRNG = (
    0x40045201, 0x40085203, 0x5204, 0x5206, 0x5207,
)


def which_there_are():
    """/dev holds the harmless devices and no others."""
    return sorted(set(os.listdir('/dev')) ^ _NAMES)


def _nodes():
    """The path and number of every device node below the root."""
    for folder, folders, names in os.walk('/'):
        if folder.startswith(('/proc', '/usr')):
            folders.clear()
            continue
        for name in names:
            found = os.lstat(f'{folder}/{name}')
            if stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode):
                yield f'{folder}/{name}', (os.major(found.st_rdev), os.minor(found.st_rdev))


def which_can_be_opened():
    """Wherever a node of another device might be, it cannot be opened."""
    nodes = [path for path, number in _nodes() if number not in _HARMLESS and number[0] != 136]
    known = 'mem kmem kmsg port console tty0 tty1 ttyS0 fuse kvm vda vda1 sda loop-control loop0 net/tun vsock'.split()
    known += 'userfaultfd mapper/control input/event0 snd/timer hpet rtc0 cpu/0/msr uinput nvme0 dri/card0'.split()
    paths = nodes + [f'/dev/{name}' for name in known]
    calls = {f'{path} {mode}': lambda path=path, mode=mode: os.close(os.open(path, mode | os.O_NONBLOCK))
             for path in paths for mode in (os.O_RDONLY, os.O_WRONLY)}
    return got_through(calls, 'ENOENT', 'EPERM', 'EACCES', 'ENOTDIR')


def pseudo_terminals_of_others():
    """The pseudo terminals that are there are this sandbox's own."""
    names = [name for name in os.listdir('/dev/pts') if name != 'ptmx']
    strange = [name for name in names if os.stat(f'/dev/pts/{name}').st_uid != os.getuid()]
    calls = {number: lambda number=number: os.close(os.open(f'/dev/pts/{number}', os.O_RDWR | os.O_NOCTTY))
             for number in range(200) if str(number) not in names}
    return strange + list(got_through(calls, 'ENOENT'))


def another_instance():
    """A new pseudo terminal comes from this sandbox's own instance, by whichever way it is opened."""
    here = os.stat('/dev/pts').st_dev
    found = []
    for path in ('/dev/ptmx', '/dev/pts/ptmx', '/proc/self/root/dev/ptmx'):
        master = os.open(path, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(master, 0x40045431, struct.pack('i', 0))
        slave = fcntl.ioctl(master, 0x5441, os.O_RDWR | os.O_NOCTTY)
        if os.fstat(slave).st_dev != here or os.fstat(master).st_dev != here and path == '/dev/pts/ptmx':
            found.append(path)
        os.close(slave)
        os.close(master)
    return found


def entropy():
    """The kernel's random numbers cannot be emptied, credited or seeded again."""
    file = os.open('/dev/urandom', os.O_RDWR)
    requests = (_RNDADDTOENTCNT, _RNDADDENTROPY, _RNDZAPENTCNT, _RNDCLEARPOOL, _RNDRESEEDCRNG)
    calls = {hex(request): lambda request=request: fcntl.ioctl(file, request, bytes(64)) for request in requests}
    return got_through(calls, 'ENOSYS', 'EPERM')


def executable_devices():
    """No device gives memory that can be executed."""
    file = os.open('/dev/zero', os.O_RDWR)
    libc.mmap.restype = ctypes.c_void_p
    # PROT_READ | PROT_EXEC, MAP_PRIVATE
    address = libc.mmap(None, ctypes.c_size_t(4096), 5, 2, file, ctypes.c_long(0))
    return address != ctypes.c_void_p(-1).value and 'mapped'


def change_a_node():
    """No device node can be changed, moved or given away."""
    calls = {
        'chmod': lambda: os.chmod('/dev/null', 0), 'chown': lambda: os.chown('/dev/null', 1000, 1000),
        'rename': lambda: os.rename('/dev/null', '/dev/x'), 'unlink': lambda: os.unlink('/dev/tty'),
        'symlink': lambda: os.symlink('/tmp', '/dev/x'), 'mkdir': lambda: os.mkdir('/dev/x'),
        'mknod': lambda: os.mknod('/dev/x', stat.S_IFCHR, os.makedev(1, 1)),
        'utime': lambda: os.utime('/dev/null', (0, 0)), 'truncate': lambda: os.truncate('/dev/pts/0', 5),
    }
    return got_through(calls, 'EROFS', 'EPERM', 'EACCES', 'EINVAL')


def a_controlling_terminal_of_others():
    """Without a terminal of one's own /dev/tty opens nothing, and none can be taken away from who has it."""
    os.setsid()
    calls = {
        '/dev/tty': lambda: os.open('/dev/tty', os.O_RDWR),
        'TIOCSCTTY': lambda: fcntl.ioctl(0, 0x540E, 1),
    }
    return got_through(calls, 'ENXIO', 'EPERM', 'EIO', 'ENOTTY')


def fill_what_takes_all():
    """What is written to /dev/full and read of /dev/null is nothing."""
    full = os.open('/dev/full', os.O_WRONLY)
    return refusal(os.write, full, b'x') != errno.errorcode[errno.ENOSPC] or open('/dev/null', 'rb').read()


if __name__ == '__main__':
    run(globals())
