"""Time to the first prompt: a sandbox from the daemon's socket, and a cold ipython3 on a local terminal.

The reference is the same IPython of the same image, started without any sandbox, so that the ratio holds on any
machine. A run that fails ends the benchmark: no figure is printed for it. Figures are in ms.
"""

import os
import pty
import statistics
import sys
import time

from sandbox import environment, image, linux
from sandbox.tests.client import Client
from sandbox.tests.harness import IMAGES, Daemon

RUNS = 40
PROMPT = b'In ['


def main():
    root = image.path_of(environment.load('ipython'), IMAGES)
    reference = [cold_ipython(root) for _ in range(RUNS // 4)]
    daemon = Daemon(slots=2).start()
    try:
        # The first one makes its slot; those that follow use it again, as in life.
        sandbox(daemon.socket)
        ours = [sandbox(daemon.socket) for _ in range(RUNS)]
    finally:
        daemon.stop()
    print(f'{"first prompt, ms":<32}{"min":>8}{"median":>8}{"p99":>8}{"ratio":>8}')
    for name, times in (('cold ipython3, local terminal', reference), ('a sandbox, by a fork', ours)):
        ratio = statistics.median(times) / statistics.median(reference)
        p99 = sorted(times)[int(0.99 * len(times))]
        print(f'{name:<32}{min(times):>8.1f}{statistics.median(times):>8.1f}{p99:>8.1f}{ratio:>8.2f}')


def sandbox(path):
    """From connecting to the daemon until the prompt is there."""
    begin = time.monotonic()
    with Client(path) as client:
        client.ready()
        client.open()
        passed = time.monotonic() - begin
        client.hang_up()
    return 1000 * passed


def cold_ipython(root):
    """From the fork until the prompt is there, in the image, with its own /dev and /proc."""
    begin = time.monotonic()
    pid, terminal = pty.fork()
    if pid == 0:
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount(None, '/', None, linux.MS_REC | linux.MS_PRIVATE)
        for folder in ('dev', 'proc'):
            linux.mount(f'/{folder}', f'{root}/{folder}', None, linux.MS_BIND | linux.MS_REC)
        linux.mount('tmpfs', f'{root}/root', 'tmpfs', 0)
        os.chroot(root)
        os.chdir('/root')
        os.execve('/usr/bin/ipython3', ['ipython3'], {'HOME': '/root', 'TERM': 'xterm-256color', 'LANG': 'C.UTF-8'})
    drawn = bytearray()
    while PROMPT not in drawn:
        drawn += os.read(terminal, 65536)
    passed = time.monotonic() - begin
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(terminal)
    return 1000 * passed


if __name__ == '__main__':
    sys.exit(main())
