"""Attacks on what is counted: processes, descriptors, terminals, signals, timers and processor time."""

import ctypes
import os
import resource
import signal
import threading
import time

from attack import Children, libc, refusal, run, syscall

_MB = 1 << 20


def _more_than(limit, count):
    return count > limit and f'{count} of {limit}'


def processes(limits):
    """There are no more processes than were declared."""
    with Children() as children:
        try:
            while len(children.pids) < 3 * limits['processes']:
                children.fork()
        except OSError:
            pass
        return _more_than(limits['processes'], len(children.pids))


def threads(limits):
    """Threads count as processes."""
    over, started = threading.Event(), []
    try:
        while len(started) < 3 * limits['processes']:
            thread = threading.Thread(target=over.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        pass
    over.set()
    return _more_than(limits['processes'], len(started))


def descriptors(limits):
    """A process has no more open files than were declared."""
    opened = []
    try:
        while len(opened) < 3 * limits['open_files']:
            opened.append(os.dup(0))
    except OSError:
        pass
    return _more_than(limits['open_files'], len(opened))


def pseudo_terminals(limits):
    """There are at most twice as many pseudo terminals as terminals may be open."""
    opened = []
    try:
        while len(opened) < 50 * limits['terminals']:
            opened.append(os.openpty())
    except OSError:
        pass
    return _more_than(2 * limits['terminals'], len(opened))


def signals():
    """No more than 256 signals wait for all of a user's processes."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    count = 0
    while count < 5000 and libc.sigqueue(os.getpid(), signal.SIGRTMIN, None) == 0:
        count += 1
    return _more_than(256, count)


def timers():
    """A process has no more timers than signals may wait."""
    count, number = 0, ctypes.c_int()
    while count < 5000 and refusal(syscall, 222, 1, 0, ctypes.byref(number)) is None:
        count += 1
    return _more_than(256, count)


def limits_raised():
    """No limit of a process can be raised."""
    got = []
    for name in ('NOFILE', 'NPROC', 'FSIZE', 'MEMLOCK', 'MSGQUEUE', 'SIGPENDING', 'CORE', 'RTPRIO', 'NICE'):
        number = getattr(resource, f'RLIMIT_{name}')
        hard = resource.getrlimit(number)[1]
        try:
            resource.setrlimit(number, (hard + 1 if hard >= 0 else hard, hard + 1 if hard >= 0 else hard))
            got.append((name, hard))
        except (ValueError, OSError):
            pass
    return got


def cores():
    """A program that dies leaves nothing of its memory in a file."""
    os.chdir('/tmp')
    pid = os.fork()
    if pid == 0:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        with open('/proc/self/coredump_filter', 'w') as file:
            file.write('0x7f')
        os.abort()
    os.waitpid(pid, 0)
    left = [name for name in os.listdir('/tmp') if name.startswith('core')]
    for name in left:
        os.unlink(f'/tmp/{name}')
    return left


def queues():
    """There are no message queues, no semaphores and no shared memory of the old kinds."""
    calls = {'mq_open': (240, b'queue', os.O_CREAT | os.O_RDWR, 0o600, 0), 'msgget': (68, 4711, 0o1600),
             'semget': (64, 4711, 1, 0o1600), 'shmget': (29, 4711, 4096, 0o1600)}
    got = {name: refusal(syscall, *call) for name, call in calls.items()}
    return {name: error for name, error in got.items() if error is None}


def waiting_for_files():
    """Waiting lists of files are neither deep nor endless."""
    ends = [syscall(291, 0) for _ in range(20)]
    import select

    lists = [select.epoll.fromfd(end) for end in ends]
    depth = 0
    try:
        for one, other in zip(lists, lists[1:]):
            one.register(other.fileno(), select.EPOLLIN)
            depth += 1
        lists[-1].register(lists[0].fileno(), select.EPOLLIN)
    except OSError:
        return depth > 5 and depth
    return depth


def processor(limits):
    """Busy processes get together no more time than was declared, however many they are."""
    share = limits['cpu_percent'] / 100

    def burn():
        end = time.monotonic() + 2
        while time.monotonic() < end:
            pass

    before, start = os.times(), time.monotonic()
    pids = []
    for _ in range(6):
        pid = os.fork()
        if pid == 0:
            try:
                os.sched_setaffinity(0, {0})
                burn()
            finally:
                os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    burst = limits['cpu_burst_percent'] / 1000
    return used > (time.monotonic() - start) * share * 1.2 + burst + 0.1 and f'{used:.2f} s of {share:.0%}'


def output_that_nobody_reads():
    """What is written to a pipe or a terminal that nobody reads stops, and takes no memory without end."""
    master, slave = os.openpty()
    got = {}
    reading, writing = os.pipe()
    for name, end in (('terminal', slave), ('pipe', writing)):
        os.set_blocking(end, False)
        count = 0
        try:
            while count < 4 * _MB:
                count += os.write(end, b'x' * 4096)
        except BlockingIOError:
            pass
        got.update({name: count} if count > _MB else {})
    os.close(master)
    os.close(reading)
    return got


if __name__ == '__main__':
    run(globals())
