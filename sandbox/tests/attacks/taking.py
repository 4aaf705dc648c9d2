"""Run inside a sandbox: take as much memory, processes or time as there is, and report how far that went."""


def allocate_in_child(megabytes):
    import os

    pid = os.fork()
    if pid == 0:
        b'x' * (megabytes << 20)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def allocate_in_children(sizes):
    import os

    done, go_on = os.pipe()
    pids = []
    for megabytes in sizes:
        pid = os.fork()
        if pid == 0:
            os.close(go_on)
            held = b'x' * (megabytes << 20)
            os.read(done, 1)
            os._exit(len(held) == 0)
        pids.append(pid)
    # The first to end is the one that was killed; the others wait for the pipe's end.
    _, status = os.waitpid(-1, 0)
    os.close(go_on)
    return [os.waitstatus_to_exitcode(each) for each in (status, *(os.wait()[1] for _ in sizes[1:]))]


def fork_until_error():
    import errno
    import os
    import signal

    pids = []
    try:
        while True:
            pid = os.fork()
            if pid == 0:
                signal.pause()
            pids.append(pid)
    except OSError as error:
        return len(pids), errno.errorcode[error.errno]
    finally:
        for pid in pids:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def fork_until_few_are_left(few):
    import os
    import signal

    pids = []
    try:
        while True:
            pid = os.fork()
            if pid == 0:
                signal.pause()
            pids.append(pid)
    except OSError:
        for pid in pids[:few]:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def start_threads_until_error():
    import threading

    over = threading.Event()
    threads = []
    try:
        while True:
            thread = threading.Thread(target=over.wait)
            thread.start()
            threads.append(thread)
    except RuntimeError as error:
        return len(threads), type(error).__name__
    finally:
        over.set()
        for thread in threads:
            thread.join()


def queue_signals():
    import ctypes
    import os
    import signal

    libc = ctypes.CDLL(None, use_errno=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
    queued = 0
    while queued < 10000 and libc.sigqueue(os.getpid(), signal.SIGRTMIN, None) == 0:
        queued += 1
    return queued


def raise_limits():
    import resource

    raised = []
    for name in ('NOFILE', 'NPROC', 'FSIZE', 'MEMLOCK', 'MSGQUEUE', 'SIGPENDING', 'CORE'):
        number = getattr(resource, f'RLIMIT_{name}')
        hard = resource.getrlimit(number)[1]
        try:
            resource.setrlimit(number, (hard + 1, hard + 1))
            raised.append(name)
        except (ValueError, OSError):
            pass
    return raised


def burn(seconds):
    """Processor time that four processes get in so many seconds."""
    import os
    import time

    before = os.times()
    end = time.monotonic() + seconds
    pids = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            while time.monotonic() < end:
                pass
            os._exit(0)
        pids.append(pid)
    for pid in pids:
        os.waitpid(pid, 0)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def own_limits():
    import resource

    names = ('NOFILE', 'NPROC', 'FSIZE', 'MEMLOCK', 'MSGQUEUE', 'SIGPENDING', 'CORE')
    return {name: resource.getrlimit(getattr(resource, f'RLIMIT_{name}'))[1] for name in names}
