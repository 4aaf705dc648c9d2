"""The network of a sandbox that has one: a fresh namespace whose only interface leads back into it."""

import fcntl
import os
import socket
import struct

from . import linux

# linux/sockios.h, linux/if.h
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_IFREQ = struct.Struct('16sH22x')

# Settings of the namespace, below /proc/sys/net. What a socket's buffers hold is memory of the host's, and the kernel
# grants each socket a part of them whatever its control group may have: by its own defaults one sandbox could take
# 2 GB, by these about 9 KB a socket.
SETTINGS = {
    # Least, first and most bytes of a socket's buffers.
    'ipv4/tcp_rmem': '4096 8192 32768',
    'ipv4/tcp_wmem': '4096 8192 32768',
    # Connections that nobody has accepted yet, for each listener.
    'core/somaxconn': '128',
    'ipv4/tcp_max_syn_backlog': '128',
    # Closed connections that the kernel still keeps.
    'ipv4/tcp_max_tw_buckets': '256',
    'ipv4/tcp_fin_timeout': '5',
    'ipv4/tcp_orphan_retries': '1',
    # Not data before the handshake is done: a path of its own through the kernel.
    'ipv4/tcp_fastopen': '0',
    # Nobody sends pings, or listens on a port below 1024, whatever the kernel's defaults will be.
    'ipv4/ping_group_range': '1 0',
    'ipv4/ip_unprivileged_port_start': '1024',
}


# Debian 12's kernel has this one for the host's own network alone. Its default, 4096, holds there.
NOT_EVERYWHERE = {'core/somaxconn'}


def make():
    """Leaves the network namespace for a fresh one with `lo` up, both 127.0.0.1 and ::1.

    It belongs to the user namespace of the caller: whoever goes on to another one can change nothing of it.
    It is never used again, since it keeps what it has seen: ports, closed connections, counters. Raises OSError.
    """
    linux.unshare(linux.CLONE_NEWNET)
    for name, value in SETTINGS.items():
        path = f'/proc/sys/net/{name}'
        if os.path.exists(path) or name not in NOT_EVERYWHERE:
            with open(path, 'wb', buffering=0) as file:
                file.write(value.encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = _IFREQ.unpack(fcntl.ioctl(any_socket, _SIOCGIFFLAGS, _IFREQ.pack(b'lo', 0)))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, _IFREQ.pack(b'lo', flags | _IFF_UP))
