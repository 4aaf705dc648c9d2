"""Attacks on the network, where the environment has none: to make a socket of any family that reaches anything."""

import array
import fcntl
import os
import socket
import struct

from attack import got_through, refusal, run, syscall

_SOCKET, _SOCKETPAIR = 41, 53
_HIGH = 1 << 32
_REFUSED = ('EAFNOSUPPORT', 'ENETUNREACH', 'ENOSYS')


def sockets_of_any_family():
    """No socket can be made but one of the unix family, whatever its type and the bits above the family."""
    calls = {}
    for family in range(64):
        for kind in (1, 2, 3, 4, 5, 10):
            if family != socket.AF_UNIX:
                calls[f'{family} {kind}'] = lambda family=family, kind=kind: syscall(_SOCKET, family, kind, 0)
                calls[f'pair {family} {kind}'] = (
                    lambda family=family, kind=kind: syscall(_SOCKETPAIR, family, kind, 0, bytes(8))
                )
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40):
        calls[f'high {family}'] = lambda family=family: syscall(_SOCKET, family | _HIGH, 1, 0)
    return got_through(calls, *_REFUSED)


def interfaces():
    """No interface is there but one to the sandbox itself, which is down or its own."""
    lines = open('/proc/net/dev').read().splitlines()[2:]
    names = [line.split(':')[0].strip() for line in lines]
    routes = [line for line in open('/proc/net/route').read().splitlines()[1:] if line.split()[0] != 'lo']
    carried = [line for line in lines if line.split(':')[1].split()[0] != '0']
    return [name for name in names if name != 'lo'] + routes + carried


def addresses():
    """No address and no neighbour of the host's is told."""
    told = []
    for name in ('arp', 'if_inet6', 'tcp', 'tcp6', 'udp', 'udp6', 'raw', 'packet', 'netlink', 'igmp', 'fib_trie'):
        path = f'/proc/net/{name}'
        if os.path.exists(path) and refusal(open, path) is None:
            lines = open(path).read().splitlines()
            first = 0 if name in ('if_inet6', 'fib_trie') else 1
            told += [(name, line) for line in lines[first:] if name != 'igmp' and name != 'netlink' and line.strip()]
    return told


def names_by_the_resolver():
    """A name is resolved by nobody, and the question leaves by no way."""
    try:
        return socket.getaddrinfo('name.invalid', 80)
    except OSError:
        return None


def interfaces_by_request():
    """A socket of the unix family tells nothing of interfaces and cannot change them."""
    ends = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    space = array.array('B', bytes(4096))
    request = struct.pack('iL', 4096, space.buffer_info()[0])
    calls = {
        'SIOCGIFCONF': lambda: fcntl.ioctl(ends, 0x8912, request),
        'SIOCGIFNAME': lambda: fcntl.ioctl(ends, 0x8910, bytes(40)),
        'SIOCSIFFLAGS': lambda: fcntl.ioctl(ends, 0x8914, struct.pack('16sh22x', b'lo', 1)),
        'SIOCBRADDBR': lambda: fcntl.ioctl(ends, 0x89A0, b'br0\0'),
        'SIOCADDRT': lambda: fcntl.ioctl(ends, 0x890B, bytes(120)),
    }
    return got_through(calls, 'ENOSYS')


def sockets_of_the_host(abstract_names):
    """No abstract socket of the host's can be met."""
    calls = {name: lambda name=name, kind=kind: socket.socket(socket.AF_UNIX, kind).connect('\0' + name)
             for name in abstract_names for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)}
    lines = open('/proc/net/unix').read().splitlines()
    listed = [line for line in lines if any(name in line for name in abstract_names)]
    return listed or got_through(calls, 'ECONNREFUSED')


def sockets_in_files():
    """No socket of the host's is there as a file."""
    import stat

    found = []
    for folder, folders, names in os.walk('/'):
        folders[:] = [name for name in folders if not folder == '/' or name not in ('proc', 'usr')]
        found += [f'{folder}/{name}' for name in names if stat.S_ISSOCK(os.lstat(f'{folder}/{name}').st_mode)]
    return [path for path in found if os.lstat(path).st_uid != os.getuid()]


if __name__ == '__main__':
    run(globals())
