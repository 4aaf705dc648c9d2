"""Processes and files that do what they can to outlive their sandbox; whether they do is for the host to judge.

Each function leaves something behind and says so by a file, /tmp/lingers.
"""

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time

from attack import libc, refusal, run

# As many as one attack leaves, at least.
_MANY = 24
_RUN_S = 60

# A program whose first argument is itself.
_AGAIN = 'import os, sys; os.execv(sys.executable, ["python3", "-c", sys.argv[1], sys.argv[1]])'


def _leave(task, count=_MANY):
    """Forks processes that each do a task; the test waits until they are there."""
    for _ in range(count):
        if os.fork() == 0:
            signal.alarm(_RUN_S)
            os.setsid()
            while True:
                task()


def _ignore_all():
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGALRM}:
        signal.signal(number, signal.SIG_IGN)


def fork_storm():
    """Nothing is left of processes that do nothing but replace themselves."""

    def replace():
        try:
            if os.fork():
                os._exit(0)
        except OSError:
            pass

    _leave(replace, 32)


def hidden():
    """Nothing is left of processes that have left terminal, session and parent, and ignore every signal."""

    def hide():
        _ignore_all()
        if os.fork():
            os._exit(0)
        os.setsid()
        os.closerange(0, 300)
        os.chdir('/')
        while True:
            time.sleep(100)

    _leave(hide)


def stopped():
    """Nothing is left of processes that are stopped."""
    _leave(lambda: os.kill(os.getpid(), signal.SIGSTOP))


def waiting_for_a_child():
    """Nothing is left of processes that wait, as vfork does, without being interrupted."""
    _leave(lambda: subprocess.run(['/bin/sh', '-c', 'trap "" HUP INT TERM; sleep 100'], close_fds=False), 12)


def zombies():
    """Nothing is left of children that nobody has collected."""

    def make():
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            time.sleep(0.01)

    _leave(make)


def executing():
    """Nothing is left of processes that become other programs again and again."""
    _leave(lambda: os.execv('/usr/bin/python3', ['python3', '-c', _AGAIN, _AGAIN]))


def threads():
    """Nothing is left of processes of many threads."""

    def start():
        threading.stack_size(65536)
        try:
            while True:
                threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        except RuntimeError:
            time.sleep(1)

    _leave(start, _MANY)


def pseudo_terminals():
    """Nothing is left of terminals that are held open, with sessions on them."""

    def hold():
        kept = [os.openpty() for _ in range(1)]
        refusal(os.login_tty, kept[0][1]) if hasattr(os, 'login_tty') else None
        time.sleep(100)

    _leave(lambda: refusal(hold) and time.sleep(1))


def full_disks():
    """Nothing is left of RAM disks that are full, mapped and held open, with trees as deep as there are files."""
    os.chdir('/tmp')
    for _ in range(1500):
        os.mkdir('d')
        os.chdir('d')
    files = []
    for folder in ('/home/user', '/dev/shm', '/tmp'):
        while refusal(lambda: files.append(os.open(folder, os.O_TMPFILE | os.O_RDWR))) is None and len(files) < 100:
            if refusal(os.write, files[-1], bytes(1 << 20)):
                break
    libc.mmap.restype = ctypes.c_void_p
    for file in files:
        libc.mmap(None, ctypes.c_size_t(1 << 20), 1, 1, file, ctypes.c_long(0))
    _leave(lambda: time.sleep(100))


def descriptors_in_a_circle():
    """Nothing is left of sockets that hold each other on their way."""
    ends = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(20)]
    for one, other in zip(ends, [*ends[1:], ends[0]]):
        refusal(socket.send_fds, one[0], [b'x'], [other[0].fileno(), other[1].fileno(), 0, 1])
    _leave(lambda: time.sleep(100))


def memory_at_its_limit():
    """Nothing is left of processes that take memory until they are killed, over and over."""

    def take():
        if os.fork() == 0:
            held = []
            while True:
                held.append(b'x' * (1 << 22))
        time.sleep(0.01)

    _leave(lambda: refusal(take), 30)


def priorities():
    """Nothing is left of processes of the lowest priority, which hardly come to die."""

    def wait_idly():
        os.nice(19)
        refusal(os.sched_setscheduler, 0, os.SCHED_IDLE, os.sched_param(0))
        while True:
            pass

    _leave(wait_idly, 40)


if __name__ == '__main__':
    run(globals())
