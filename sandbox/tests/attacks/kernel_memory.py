"""Attacks on the machine's memory by way of the kernel's: each takes as much of one kind as it gets."""

import ctypes
import fcntl
import os
import resource
import socket

from attack import libc, refusal, run
from taken import MB, end_children, hold_in_child, more_than


def pipes(limits):
    """What waits in pipes counts, and is bounded by itself."""

    def take():
        kept = []
        while True:
            reading, writing = os.pipe2(os.O_NONBLOCK)
            kept.append((reading, writing))
            refusal(fcntl.fcntl, writing, 1031, MB)
            if os.write(writing, b'x' * MB) < MB // 2:
                return
            yield

    return more_than(limits['memory_mb'], take)


def sockets(limits):
    """What waits in sockets counts."""

    def take():
        kept, waiting = [], 0
        while True:
            ends = socket.socketpair()
            kept.append(ends)
            ends[0].setblocking(False)
            ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
            try:
                while True:
                    waiting += ends[0].send(b'x' * 65536)
            except BlockingIOError:
                pass
            while waiting >= MB:
                waiting -= MB
                yield

    return more_than(limits['memory_mb'], take)


def tables_of_pages(limits):
    """The tables for many sparse mappings count."""

    def take():
        # Each touch of a new 2 MB costs a page for it and one for its table.
        libc.mmap.restype = ctypes.c_void_p
        place = libc.mmap(None, ctypes.c_size_t(1 << 42), 3, 0x4022, -1, ctypes.c_long(0))
        if place in (None, ctypes.c_void_p(-1).value):
            raise MemoryError
        for number in range(1 << 20):
            ctypes.memset(place + number * (2 << 20), 1, 1)
            if number % 128 == 127:
                yield

    return more_than(limits['memory_mb'], take)


def many_mappings(limits):
    """The kernel's records of many mappings count, in however many processes."""

    def map_often():
        libc.mmap.restype = ctypes.c_void_p
        place = libc.mmap(None, ctypes.c_size_t(1 << 29), 0, 0x4022, -1, ctypes.c_long(0))
        for number in range(30000):
            libc.mprotect(ctypes.c_void_p(place + number * 8192), ctypes.c_size_t(4096), 1)

    def take():
        # A record is about 170 bytes, and a process may have 65,530.
        for _ in range(limits['processes'] - 8):
            hold_in_child(map_often)
            # 30,000 mappings of two records each.
            yield from range(10)

    try:
        return more_than(limits['memory_mb'], take)
    finally:
        end_children()


def descriptors_on_their_way():
    """Open files that are on their way through sockets are bounded, in a circle of sockets too."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ends[0].setblocking(False)
    sent = 0
    try:
        for _ in range(2000):
            # A socket that is sent through itself is found by the kernel alone.
            other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            socket.send_fds(other[0], [b'x'], [each.fileno() for each in other] * 20)
            sent += 40
            for each in other:
                each.close()
    except OSError:
        pass
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return sent > most + 253 and sent


if __name__ == '__main__':
    run(globals())
