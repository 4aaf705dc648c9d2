"""Attacks on a neighbour's share, seen by the one who is to be starved: while another has taken all it can get of
everything that is counted for each user, this session still has its own. The other one runs hog.py.
"""

import ctypes
import fcntl
import os
import resource
import select
import signal
import socket

from attack import Children, libc, refusal, run, syscall


def signals():
    """The other's waiting signals take none of this session's."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    count = 0
    while count < 64 and libc.sigqueue(os.getpid(), signal.SIGRTMIN, None) == 0:
        count += 1
    return count < 64 and f'{count} of 64'


def timers():
    """The other's timers take none of this session's."""
    number = ctypes.c_int()
    errors = {refusal(syscall, 222, 1, 0, ctypes.byref(number)) for _ in range(32)}
    return errors - {None}


def descriptors_on_their_way():
    """The other's open files on their way take none of this session's."""
    ends = socket.socketpair()
    error = None
    try:
        for _ in range(10):
            socket.send_fds(ends[0], [b'x'], [0] * 10)
    except OSError as caught:
        error = str(caught)
    return error


def sizes_of_pipes():
    """The other's large pipes keep none of this session's small."""
    made = []
    for _ in range(16):
        made.append(os.pipe())
        refusal(fcntl.fcntl, made[-1][1], 1031, 1 << 20)
    return [size for pipe in made if (size := fcntl.fcntl(pipe[1], 1032)) < 65536]


def processes():
    """The other's processes take none of this session's."""
    with Children() as children:
        return {refusal(children.fork) for _ in range(20)} - {None}


def memory():
    """The other's memory takes none of this session's."""
    return {refusal(lambda: len(b'x' * (32 << 20)))} - {None}


def disks():
    """The other's full disks leave room on this session's."""
    return {folder: error for folder in ('/home/user', '/tmp', '/dev/shm') if (error := refusal(_fill, folder))}


def _fill(folder):
    file = os.open(folder, os.O_TMPFILE | os.O_RDWR)
    os.write(file, bytes(4 << 20))
    os.close(file)


def terminals():
    """The other's pseudo terminals take none of this session's."""
    made, errors = [], set()
    for _ in range(6):
        errors.add(refusal(lambda: made.append(os.openpty())))
    return errors - {None}


def descriptors():
    """The other's open files take none of this session's."""
    most = min(100, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 40)
    made = []
    return {refusal(lambda: made.append(os.open('/dev/null', os.O_RDONLY))) for _ in range(most)} - {None}


def waiting_lists():
    """What the other waits for takes none of what this session may wait for."""
    waiting, made = select.epoll(), [os.pipe() for _ in range(50)]
    return {refusal(waiting.register, end, select.EPOLLIN) for pipe in made for end in pipe} - {None}


if __name__ == '__main__':
    run(globals())
