"""Takes all it can get of everything that is counted for each user, and holds it: the neighbour runs starved.py."""

import ctypes
import fcntl
import os
import select
import signal
import socket

from attack import libc, refusal, run, syscall

# What was taken stays taken for this long, in seconds, or until the terminal's interrupt.
_HOLD_S = 60


def everything():
    """Whoever takes all there is gets no more than is theirs."""
    if os.fork():
        return
    # The answer above ends this one's parent; what is held outlives it.
    signal.alarm(_HOLD_S)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    number, held = ctypes.c_int(), []
    while refusal(syscall, 222, 1, 0, ctypes.byref(number)) is None and len(held) < 100:
        held.append(number.value)
    for _ in range(1000):
        libc.sigqueue(os.getpid(), signal.SIGRTMIN, None)
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ends[0].setblocking(False)
    for _ in range(20):
        refusal(socket.send_fds, ends[0], [b'x'], [0] * 100)
    waiting = select.epoll()
    pipes = []
    while len(pipes) < 60 and refusal(lambda: pipes.append(os.pipe())) is None:
        refusal(fcntl.fcntl, pipes[-1][1], 1031, 1 << 20)
        waiting.register(pipes[-1][0], select.EPOLLIN)
    terminals = []
    while len(terminals) < 40 and refusal(lambda: terminals.append(os.openpty())) is None:
        pass
    for folder in ('/tmp', '/dev/shm'):
        file = os.open(f'{folder}/hog', os.O_CREAT | os.O_WRONLY)
        while refusal(os.write, file, bytes(1 << 20)) is None:
            pass
    while refusal(lambda: held.append(os.open('/dev/null', os.O_RDONLY))) is None:
        pass
    try:
        while True:
            if os.fork() == 0:
                signal.alarm(_HOLD_S)
                signal.pause()
    except OSError:
        pass
    signal.pause()


if __name__ == '__main__':
    run(globals())
