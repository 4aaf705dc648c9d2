"""Run inside a sandbox: watch the processes that start beside it."""


def watch_processes(seconds):
    """Leaves a process behind that looks for so long at what processes that come after it hold open.

    It keeps the sockets that a process has had and given up again.
    """
    import json
    import os
    import time

    def sockets(pid):
        links = [os.readlink(f'/proc/{pid}/fd/{number}') for number in os.listdir(f'/proc/{pid}/fd')]
        return {link for link in links if link.startswith('socket:')}

    end = time.monotonic() + seconds
    if os.fork():
        return
    held = {}
    known = os.listdir('/proc')
    while time.monotonic() < end:
        for pid in set(os.listdir('/proc')) - {*known, str(os.getpid())}:
            try:
                held.setdefault(pid, set()).update(sockets(pid))
            except OSError:
                pass  # not to be seen, or gone meanwhile
    with open('/tmp/unfinished', 'w') as file:
        json.dump({pid: list(had - sockets(pid)) for pid, had in held.items()}, file)
    os.rename('/tmp/unfinished', '/tmp/watched')
    os._exit(0)


def watched():
    import json
    import time

    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            return json.load(open('/tmp/watched'))
        except FileNotFoundError:
            time.sleep(0.05)
