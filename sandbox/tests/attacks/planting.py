"""What the tests plant in one session for the attacks of another to find. Each function is sent alone."""


def plant(mark, ipc_key):
    """Leaves the mark wherever a session can have it, and a process that keeps it all."""
    import builtins
    import ctypes
    import fcntl
    import os
    import socket
    import subprocess

    for folder in ('/home/user', '/tmp', '/dev/shm'):
        with open(f'{folder}/{mark}', 'w') as file:
            file.write(mark)
    locked = open('/tmp/locked', 'w')
    fcntl.flock(locked, fcntl.LOCK_EX)
    image = open('/usr/bin/env', 'rb')
    fcntl.flock(image, fcntl.LOCK_EX)
    fcntl.lockf(image, fcntl.LOCK_SH)
    node = open('/dev/null', 'rb')
    fcntl.flock(node, fcntl.LOCK_EX)
    stream, datagrams = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in (stream, datagrams):
        end.bind('\0' + mark)
    stream.listen()
    child = subprocess.Popen(['sleep', '1000', mark][:2], env={'MARK': mark})
    libc = ctypes.CDLL(None)
    libc.shmget(ipc_key, 4096, 0o1666)
    os.environ['MARK'] = mark
    # What is collected is closed.
    builtins.planted = (mark * 10, locked, image, node, stream, datagrams, child)


def namespaces():
    import os

    return [os.readlink(f'/proc/self/ns/{kind}') for kind in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts')]


def wedge():
    """Leaves the terminal raw, its output stopped, and a child that writes to it and holds it."""
    import os
    import signal
    import termios
    import tty

    tty.setraw(0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        os.write(1, b'x' * (1 << 20))
    print('wedged now', flush=True)
    termios.tcflow(1, termios.TCOOFF)
    while True:
        os.write(1, b'x' * 4096)


def flood():
    """Output without end, with every byte that a terminal takes for something else."""
    import os

    junk = bytes(range(256)) * 16 + b'\x1b[6n\x1b[c\x1b]0;' + b'x' * 2000
    while True:
        os.write(1, junk)


def vanish():
    """Gives the terminal's foreground to a group that then ends."""
    import os
    import signal
    import time

    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        os._exit(0)
    os.waitpid(pid, 0)
    print('group ' + 'gone', flush=True)
    time.sleep(5)
    os.tcsetpgrp(0, os.getpgrp())
