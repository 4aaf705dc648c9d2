"""Attacks by the arguments of calls that are let through: each call does what programs need, and nothing else."""

import ctypes
import mmap
import os
import resource
import signal
import socket
import struct

from attack import got_through, refusal, run, syscall

# asm/unistd_64.h
_MMAP, _MADVISE, _FADVISE, _CLONE, _SOCKET, _SOCKETPAIR, _SETSOCKOPT, _FCNTL, _PRCTL, _IOCTL = (
    9, 28, 221, 56, 41, 53, 54, 72, 157, 16,
)

# The kernel reads 32 bits of most of these arguments, and the filter 64.
_HIGH = 1 << 32

# asm-generic/ioctls.h, linux/fs.h, linux/vt.h, linux/kd.h, linux/nsfs.h, linux/sockios.h, linux/fiemap.h
_REQUESTS = {
    'TIOCSTI': 0x5412, 'TIOCLINUX': 0x541C, 'TIOCCONS': 0x541D, 'TIOCSETD': 0x5423, 'TIOCGETD': 0x5424,
    'TIOCVHANGUP': 0x5437, 'TIOCGSERIAL': 0x541E, 'TIOCSSERIAL': 0x541F, 'TIOCEXCL': 0x540C, 'TIOCGEXCL': 0x80045440,
    'TIOCMSET': 0x5418, 'TIOCSBRK': 0x5427, 'TIOCSLCKTRMIOS': 0x5457, 'TIOCGLCKTRMIOS': 0x5456, 'TIOCSIG': 0x40045436,
    'TCSETX': 0x5433, 'TCSETSF2': 0x402C542D, 'TIOCSRS485': 0x542F, 'TIOCGPTLCK': 0x80045439, 'KDSETMODE': 0x4B3A,
    'KDSKBMODE': 0x4B45, 'KDSKBENT': 0x4B47, 'KDGKBENT': 0x4B46, 'GIO_FONT': 0x4B60, 'VT_ACTIVATE': 0x5606,
    'VT_DISALLOCATE': 0x5608, 'FIBMAP': 1, 'FIGETBSZ': 2, 'FIFREEZE': 0xC0045877, 'FITHAW': 0xC0045878,
    'FITRIM': 0xC0185879, 'FICLONE': 0x40049409, 'FICLONERANGE': 0x4020940D, 'FIDEDUPERANGE': 0xC0189436,
    'FS_IOC_FIEMAP': 0xC020660B, 'FS_IOC_GETFLAGS': 0x80086601, 'FS_IOC_SETFLAGS': 0x40086602,
    'FS_IOC_GETVERSION': 0x80087601, 'FS_IOC_FSGETXATTR': 0x801C581F, 'FS_IOC_FSSETXATTR': 0x401C5820,
    'FS_IOC_ADD_ENCRYPTION_KEY': 0xC0506617, 'FS_IOC_ENABLE_VERITY': 0x40806685, 'NS_GET_USERNS': 0xB701,
    'NS_GET_PARENT': 0xB702, 'NS_GET_OWNER_UID': 0xB704, 'SIOCGIFCONF': 0x8912, 'SIOCGIFHWADDR': 0x8927,
    'SIOCSIFFLAGS': 0x8914, 'SIOCADDRT': 0x890B, 'SIOCUNIXFILE': 0x89E0, 'SIOCOUTQNSD': 0x894B, 'BLKROSET': 0x125D,
    'TUNSETIFF': 0x400454CA, 'PROCMAP_QUERY': 0xC0686611, 'PAGEMAP_SCAN': 0xC0606610, 'UFFDIO_API': 0xC018AA3F,
    'PIDFD_GET_NET_NAMESPACE': 0xFF04, 'PIDFD_GET_MNT_NAMESPACE': 0xFF03, 'SECCOMP_IOCTL_NOTIF_RECV': 0xC0502100,
    'SECCOMP_IOCTL_NOTIF_ADDFD': 0x40182103,
}

# What madvise(2) and prctl(2) may be asked for (asm-generic/mman-common.h, linux/prctl.h).
_ADVICE = {0, 1, 2, 3, 4, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19}
_OPTIONS = {1, 2, 3, 4, 15, 16, 21, 23, 27, 30, 38, 39, 40}


def requests_to_devices():
    """No request but the few of terminals and pipes reaches a terminal, a file, a socket or a namespace."""
    descriptors = {
        'terminal': os.open(os.ttyname(0), os.O_RDWR | os.O_NOCTTY), 'file': os.open('/tmp', os.O_TMPFILE | os.O_RDWR),
        'image': os.open('/usr/bin/python3', os.O_RDONLY), 'socket': socket.socket(socket.AF_UNIX).detach(),
        'namespace': os.open('/proc/self/ns/net', os.O_RDONLY), 'process': os.pidfd_open(os.getpid()),
    }
    calls = {}
    for kind, descriptor in descriptors.items():
        for name, request in _REQUESTS.items():
            for number in (request, request | _HIGH):
                calls[f'{name} of a {kind}{" with high bits" * (number != request)}'] = (
                    lambda descriptor=descriptor, number=number: syscall(_IOCTL, descriptor, number, bytes(256))
                )
    return got_through(calls, 'ENOSYS')


def commands_of_descriptors():
    """fcntl neither watches folders, nor leases files, nor sets signals, hints and owners of other kinds."""
    folder = os.open('/usr/bin', os.O_RDONLY)
    commands = {'NOTIFY': 1026, 'SETLEASE': 1024, 'GETLEASE': 1025, 'SETSIG': 10, 'GETSIG': 11, 'SETOWN_EX': 15,
                'GETOWN_EX': 16, 'GETOWNER_UIDS': 17, 'CANCELLK': 1029, 'SET_RW_HINT': 1036, 'SET_FILE_RW_HINT': 1038,
                'CREATED_QUERY': 1028, 'DUPFD_QUERY': 1027}
    calls = {f'{name} {bool(high)}': lambda number=number + high: syscall(_FCNTL, folder, number, 1)
             for name, number in commands.items() for high in (0, _HIGH)}
    return got_through(calls, 'ENOSYS')


def advice_on_memory():
    """Memory can be given back, and is neither merged, nor poisoned, nor evicted from others."""
    memory = mmap.mmap(-1, 1 << 16)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    calls = {f'{advice + high}': lambda advice=advice + high: syscall(_MADVISE, address, 4096, advice)
             for advice in (*range(30), *range(100, 104)) for high in (0, _HIGH) if high or advice not in _ADVICE}
    return got_through(calls, 'ENOSYS')


def eviction_of_the_image():
    """A file of the image stays in memory whatever is advised, so that nobody sees what a neighbour reads."""
    with open('/usr/bin/perl', 'rb', buffering=0) as file:
        file.read()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_inblock
        refused = refusal(lambda: syscall(_FADVISE, file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED))
        file.seek(0)
        file.read()
    read = resource.getrusage(resource.RUSAGE_SELF).ru_inblock - before
    return {'answer': refused, 'blocks read': read} if refused or read else None


def pages_in_memory():
    """Which pages of the image are in memory is not told."""
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    calls = {'mincore': lambda: syscall(27, address, mmap.PAGESIZE, ctypes.create_string_buffer(1)),
             'cachestat': lambda: syscall(451, 0, bytes(16), bytes(40), 0),
             'RWF_NOWAIT': lambda: syscall(327, 0, 0, 0, 0, 0, 8)}
    return got_through(calls, 'ENOSYS')


def processes_in_namespaces():
    """clone makes processes and threads, and no namespace, whatever bits go with it."""
    flags = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
    calls = {hex(flag): lambda flag=flag: _clone(flag | signal.SIGCHLD) for flag in flags}
    calls |= {hex(flag | _HIGH): lambda flag=flag: _clone(flag | _HIGH | signal.SIGCHLD) for flag in flags}
    return got_through(calls, 'ENOSYS')


def _clone(flags):
    if syscall(_CLONE, flags, 0, 0, 0, 0) == 0:
        os._exit(0)
    os.wait()


def options_of_sockets():
    """No option attaches a program to a socket, or reaches further than size and waiting time."""
    ends = socket.socketpair()
    program = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0xFFFF))
    header = struct.pack('=HxxxxxxQ', 1, ctypes.addressof(program))
    options = {'ATTACH_FILTER': 26, 'DETACH_FILTER': 27, 'ATTACH_BPF': 50, 'REUSEPORT_CBPF': 51, 'REUSEPORT_EBPF': 52,
               'LOCK_FILTER': 44, 'MARK': 36, 'PRIORITY': 12, 'SNDBUFFORCE': 32, 'RCVBUFFORCE': 33, 'BUSY_POLL': 46,
               'ZEROCOPY': 60, 'TXTIME': 61, 'BINDTODEVICE': 25, 'PEEK_OFF': 42, 'TIMESTAMPING': 37, 'PASSSEC': 34,
               'PASSPIDFD': 76, 'INCOMING_CPU': 49, 'BUF_LOCK': 72, 'RESERVE_MEM': 73}
    calls = {f'{name} {bool(high)}': lambda option=option + high: syscall(
        _SETSOCKOPT, ends[0].fileno(), 1, option, header, len(header)
    ) for name, option in options.items() for high in (0, _HIGH)}
    return got_through(calls, 'ENOSYS')


def out_of_band():
    """Nothing is sent or received out of band."""
    one, other = socket.socketpair()
    calls = {
        'send': lambda: one.send(b'x', socket.MSG_OOB), 'sendmsg': lambda: one.sendmsg([b'x'], [], socket.MSG_OOB),
        'recv': lambda: other.recv(1, socket.MSG_OOB | socket.MSG_DONTWAIT),
        'recvmsg': lambda: other.recvmsg(1, 0, socket.MSG_OOB | socket.MSG_DONTWAIT),
        'sendmmsg': lambda: syscall(307, one.fileno(), bytes(64), 1, socket.MSG_OOB),
        'recvmmsg': lambda: syscall(299, other.fileno(), bytes(64), 1, socket.MSG_OOB | socket.MSG_DONTWAIT, 0),
        'high bits': lambda: syscall(44, one.fileno(), b'x', 1, socket.MSG_OOB | _HIGH, 0, 0),
    }
    return got_through(calls, 'ENOSYS')


def options_of_processes():
    """prctl names processes and asks, and changes nothing that was locked."""
    numbers = [number for number in (*range(1, 90), 0x59616D61, 0x53564D41, 0x4D4D4150) if number not in _OPTIONS]
    calls = {hex(number): lambda number=number: syscall(_PRCTL, number, 0, 0, 0, 0) for number in numbers}
    calls |= {f'{number:#x} high': lambda number=number: syscall(_PRCTL, number | _HIGH, 0, 0, 0, 0)
              for number in numbers}
    return got_through(calls, 'ENOSYS')


def huge_pages():
    """No huge page of those that a host has set aside can be had: no control group counts them."""
    # MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_HUGETLB, of 2 MB and of 1 GB; MFD_HUGETLB
    calls = {f'mmap {size}': lambda size=size: syscall(_MMAP, 0, 1 << 21, 3, 0x44022 | size << 26, 0xFFFFFFFF, 0)
             for size in (21, 30)}
    calls['memfd_create'] = lambda: syscall(319, b'huge', 4)
    return got_through(calls, 'ENOMEM')


def locked_memory():
    """No memory can be locked, by mapping it so either, which keeps it from others when memory is short."""
    # MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED
    return got_through({'MAP_LOCKED': lambda: syscall(_MMAP, 0, 1 << 20, 3, 0x2022, 0xFFFFFFFF, 0)}, 'EAGAIN', 'EPERM')


def lists_of_rights():
    """No file takes attributes or lists of rights, which are kernel memory that is charged to nobody."""
    entries = [(1, 6, -1), *[(2, 6, 1000)] * 8000, (4, 4, -1), (16, 7, -1), (32, 4, -1)]
    rights = struct.pack('<I', 2) + b''.join(struct.pack('<HHi', *entry) for entry in entries)
    calls = {}
    for folder in ('/tmp', '/home/user', '/dev/shm'):
        for name in ('system.posix_acl_access', 'system.posix_acl_default', 'user.x', 'trusted.x', 'security.x'):
            calls[f'{name} in {folder}'] = lambda folder=folder, name=name: os.setxattr(folder, name, rights)
    return got_through(calls, 'ENOTSUP', 'EPERM')


if __name__ == '__main__':
    run(globals())
