"""Sockets and options by what a sandbox with a network may have of them, for the filter's and the attacks' tests."""

import socket

# linux/in.h, linux/socket.h, linux/tcp.h
IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_UDPLITE, IPPROTO_ICMPV6, IPPROTO_MPTCP = 1, 132, 136, 58, 262
AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK = 16, 17, 38, 40
TCP_CONGESTION, TCP_REPAIR, TCP_FASTOPEN, TCP_ULP, TCP_ZEROCOPY_RECEIVE, TCP_MD5SIG = 13, 19, 23, 31, 35, 14
SO_BINDTODEVICE, SO_MARK, SO_ATTACH_FILTER, SO_ZEROCOPY, SO_TXTIME = 25, 36, 26, 60, 61
IP_OPTIONS, IP_TRANSPARENT, IP_ADD_MEMBERSHIP, IPT_SO_SET_REPLACE = 4, 19, 35, 64
IPV6_RTHDR, IPV6_HOPOPTS = 57, 54
MSG_FASTOPEN, MSG_ZEROCOPY = 0x20000000, 0x4000000

WRONG_SOCKETS = [
    (family, kind, protocol)
    for family in (socket.AF_INET, socket.AF_INET6)
    for kind, protocol in (
        (socket.SOCK_RAW, IPPROTO_ICMP), (socket.SOCK_RAW, 255), (socket.SOCK_DGRAM, IPPROTO_ICMP),
        (socket.SOCK_DGRAM, IPPROTO_ICMPV6), (socket.SOCK_DGRAM, IPPROTO_UDPLITE), (socket.SOCK_STREAM, IPPROTO_MPTCP),
        (socket.SOCK_STREAM, IPPROTO_SCTP), (socket.SOCK_SEQPACKET, IPPROTO_SCTP),
        (socket.SOCK_RAW | socket.SOCK_CLOEXEC, IPPROTO_ICMP),
    )
] + [(AF_NETLINK, socket.SOCK_RAW, 0), (AF_PACKET, socket.SOCK_RAW, 0), (AF_ALG, 5, 0), (AF_VSOCK, 1, 0)]

WRONG_OPTIONS = [
    (socket.SOL_SOCKET, SO_BINDTODEVICE), (socket.SOL_SOCKET, SO_MARK), (socket.SOL_SOCKET, SO_ATTACH_FILTER),
    (socket.SOL_SOCKET, SO_ZEROCOPY), (socket.SOL_SOCKET, SO_TXTIME),
    (socket.IPPROTO_TCP, TCP_CONGESTION), (socket.IPPROTO_TCP, TCP_REPAIR), (socket.IPPROTO_TCP, TCP_FASTOPEN),
    (socket.IPPROTO_TCP, TCP_ULP), (socket.IPPROTO_TCP, TCP_MD5SIG),
    (socket.IPPROTO_IP, IP_OPTIONS), (socket.IPPROTO_IP, IP_TRANSPARENT), (socket.IPPROTO_IP, IP_ADD_MEMBERSHIP),
    (socket.IPPROTO_IP, IPT_SO_SET_REPLACE), (socket.IPPROTO_IPV6, IPV6_RTHDR), (socket.IPPROTO_IPV6, IPV6_HOPOPTS),
    (socket.IPPROTO_IPV6, IPT_SO_SET_REPLACE),
]

RIGHT_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_REUSEADDR), (socket.SOL_SOCKET, socket.SO_REUSEPORT),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE), (socket.SOL_SOCKET, socket.SO_RCVBUF),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL), (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
]

# As plain numbers, which can be typed.
WRONG_SOCKETS = [tuple(map(int, each)) for each in WRONG_SOCKETS]
WRONG_OPTIONS = [tuple(map(int, each)) for each in WRONG_OPTIONS]
RIGHT_OPTIONS = [tuple(map(int, each)) for each in RIGHT_OPTIONS]
