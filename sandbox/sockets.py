"""Which sockets a sandbox may make, and what it may set and ask of them: rules of the system call filter."""

import errno
import socket

# setsockopt(2) options by level (asm-generic/socket.h). Not SO_ATTACH_FILTER: that is a way into bpf.
_SOCKET_OPTIONS = {
    socket.SOL_SOCKET: {
        'REUSEADDR': 2, 'SNDBUF': 7, 'RCVBUF': 8, 'KEEPALIVE': 9, 'LINGER': 13, 'PASSCRED': 16, 'RCVTIMEO': 20,
        'SNDTIMEO': 21, 'RCVTIMEO_NEW': 66, 'SNDTIMEO_NEW': 67,
    },
}

# With a network (linux/in.h, tcp.h, in6.h): what servers, clients and event loops set. Not TCP_ULP, TCP_CONGESTION and
# TCP_REPAIR, which load or drive other parts of the kernel; no multicast, no filters, no IP options of a socket.
_NETWORK_OPTIONS = {
    socket.SOL_SOCKET: {'BROADCAST': 6, 'REUSEPORT': 15},
    socket.IPPROTO_IP: {'TOS': 1, 'TTL': 2},
    socket.IPPROTO_TCP: {
        'NODELAY': 1, 'CORK': 3, 'KEEPIDLE': 4, 'KEEPINTVL': 5, 'KEEPCNT': 6, 'QUICKACK': 12, 'USER_TIMEOUT': 18,
    },
    socket.IPPROTO_IPV6: {'UNICAST_HOPS': 16, 'V6ONLY': 26, 'TCLASS': 67},
}

# getsockopt(2) beside SOL_SOCKET's. Not TCP_ZEROCOPY_RECEIVE, which maps pages of the network's.
_NETWORK_ANSWERS = {
    socket.IPPROTO_IP: {'TOS': 1, 'TTL': 2},
    socket.IPPROTO_TCP: {
        'NODELAY': 1, 'MAXSEG': 2, 'CORK': 3, 'KEEPIDLE': 4, 'KEEPINTVL': 5, 'KEEPCNT': 6, 'INFO': 11, 'QUICKACK': 12,
        'USER_TIMEOUT': 18,
    },
    socket.IPPROTO_IPV6: {'UNICAST_HOPS': 16, 'V6ONLY': 26, 'TCLASS': 67},
}

# socket(2): the kernel's flags beside a type (linux/net.h), and the protocols of each type. Nothing raw, no pings, and
# none of the protocols that are modules.
_TYPE_FLAGS = socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
_NETWORK_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_NETWORK_TYPES = {
    socket.SOCK_STREAM: (0, socket.IPPROTO_TCP),
    socket.SOCK_DGRAM: (0, socket.IPPROTO_UDP),
}
_ALL_BITS = 2**64 - 1

# Calls that send and receive, with the position of their flags. MSG_OOB on unix sockets is refused: nobody uses it,
# and it has had a hole (CVE-2025-38236). MSG_FASTOPEN connects past connect(2), and MSG_ZEROCOPY pins pages.
_MESSAGES = {'sendto': 3, 'recvfrom': 3, 'sendmsg': 2, 'recvmsg': 2, 'sendmmsg': 3, 'recvmmsg': 3}
_REFUSED_FLAGS = 0x1 | 0x20000000 | 0x4000000


def add_rules(program, for_init, has_network):
    """Adds to a program of libseccomp which sockets may be made, what may be set and asked, and how they send."""
    from seccomp import ALLOW, EQ, ERRNO, MASKED_EQ, NE, NOTIFY, Arg

    program.add_rule(ALLOW, 'socketpair', Arg(0, EQ, socket.AF_UNIX))
    program.add_rule(ERRNO(errno.EAFNOSUPPORT), 'socketpair', Arg(0, NE, socket.AF_UNIX))
    program.add_rule(ALLOW, 'socket', Arg(0, EQ, socket.AF_UNIX))
    program.add_rule(ALLOW, 'getsockopt', Arg(1, EQ, socket.SOL_SOCKET))
    _add_options(program, 'setsockopt', _SOCKET_OPTIONS)
    for call, position in _MESSAGES.items():
        program.add_rule(ALLOW, call, Arg(position, MASKED_EQ, _REFUSED_FLAGS, 0))
    _refuse_other_families(program)
    if not has_network:
        # None is made: init is notified and refuses (offline.py). An error from its own filter would come before that.
        for family in _NETWORK_FAMILIES:
            program.add_rule(ALLOW if for_init else NOTIFY, 'socket', Arg(0, EQ, family))
        return
    _add_families(program)
    _add_options(program, 'setsockopt', _NETWORK_OPTIONS)
    _add_options(program, 'getsockopt', _NETWORK_ANSWERS)


def _refuse_other_families(program):
    from seccomp import EQ, ERRNO, GT, Arg

    known = (socket.AF_UNIX, *_NETWORK_FAMILIES)
    for family in set(range(max(known))).difference(known):
        program.add_rule(ERRNO(errno.EAFNOSUPPORT), 'socket', Arg(0, EQ, family))
    program.add_rule(ERRNO(errno.EAFNOSUPPORT), 'socket', Arg(0, GT, max(known)))


def _add_families(program):
    """The internet's, by type and protocol. What else there is answers as it does to whoever has no right to it."""
    from seccomp import ALLOW, EQ, ERRNO, MASKED_EQ, Arg

    for family in _NETWORK_FAMILIES:
        for kind, protocols in _NETWORK_TYPES.items():
            for protocol in protocols:
                rule = Arg(0, EQ, family), Arg(1, MASKED_EQ, _ALL_BITS ^ _TYPE_FLAGS, kind), Arg(2, EQ, protocol)
                program.add_rule(ALLOW, 'socket', *rule)
        raw = Arg(0, EQ, family), Arg(1, MASKED_EQ, _ALL_BITS ^ _TYPE_FLAGS, socket.SOCK_RAW)
        program.add_rule(ERRNO(errno.EPERM), 'socket', *raw)


def _add_options(program, call, options):
    from seccomp import ALLOW, EQ, Arg

    for level, known in options.items():
        for value in known.values():
            program.add_rule(ALLOW, call, Arg(1, EQ, level), Arg(2, EQ, value))
