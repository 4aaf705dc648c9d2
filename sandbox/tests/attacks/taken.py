"""What the attacks on memory have in common: to take as much as there is, and count how far it went."""

import os
import select
import signal

MB = 1 << 20

# Beside what a file holds, what holds it costs: more than was declared by so much is still the same promise.
SLACK_MB = 16

# The longest that nothing may be taken, in seconds.
LONGEST_S = 20


def more_than(limit_mb, take):
    got = taken(take, 2 * limit_mb)
    return got > limit_mb + SLACK_MB and f'{got} MB of {limit_mb}'


def taken(take, most_mb):
    """How many MB of memory a process gets. take: yields after each MB, until it has none any more or is killed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        # The one that takes is the one to go.
        with open('/proc/self/oom_score_adj', 'wb', buffering=0) as file:
            file.write(b'1000')
        os.close(reading)
        try:
            for number, _ in enumerate(take()):
                os.write(writing, b'.')
                if number >= most_mb:
                    break
        except (OSError, MemoryError):
            pass
        # What it has stays taken until nothing is left to count.
        os.close(writing)
        signal.pause()
    os.close(writing)
    count = 0
    while select.select([reading], [], [], LONGEST_S)[0] and (part := os.read(reading, 4096)):
        count += len(part)
    os.close(reading)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return count


def hold_in_child(make):
    """Forks a process that makes something and keeps it. Raises MemoryError where it, or one before it, is killed."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.dup2(writing, 3)
        os.closerange(4, 300)
        held = make()
        os.write(3, b'x')
        signal.pause()
        del held
    os.close(writing)
    told = os.read(reading, 1)
    os.close(reading)
    if not told or os.waitpid(-1, os.WNOHANG)[0]:
        raise MemoryError


def end_children():
    """Ends what a killed attack has left, but for this process, its parent and whoever leads a terminal."""
    for name in os.listdir('/proc'):
        if name.isdigit() and int(name) not in (os.getpid(), os.getppid()):
            try:
                if open(f'/proc/{name}/oom_score_adj').read().strip() == '1000':
                    os.kill(int(name), signal.SIGKILL)
            except OSError:
                pass
