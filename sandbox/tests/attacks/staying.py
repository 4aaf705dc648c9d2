"""Run inside a sandbox: processes that do what they can to outlive it."""


def storm():
    """Processes that do nothing but replace themselves; now and then they meet the limit."""
    import os

    for _ in range(32):
        if os.fork() == 0:
            os.setsid()
            while True:
                try:
                    if os.fork():
                        os._exit(0)
                except OSError:
                    pass


def hide():
    """Processes that have left terminal, session and parent, ignore what can be ignored, and wait."""
    import os
    import signal
    import time

    for _ in range(32):
        if os.fork() == 0:
            for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            os.setsid()
            if os.fork():
                os._exit(0)
            os.closerange(0, 1000)
            os.chdir('/')
            while True:
                time.sleep(100)


def storm_of_all():
    """As many processes as there may be, each of which replaces itself."""
    import os

    try:
        while True:
            if os.fork() == 0:
                os.setsid()
                while True:
                    try:
                        if os.fork():
                            os._exit(0)
                    except OSError:
                        pass
    except OSError:
        pass


def flood_and_fill():
    """Memory that is taken until it is refused, disks that are full, and output without end."""
    import os

    for folder in ('/tmp', '/dev/shm', '/home/user'):
        if os.fork() == 0:
            file = os.open(f'{folder}/full', os.O_CREAT | os.O_WRONLY)
            while True:
                try:
                    os.write(file, bytes(1 << 16))
                except OSError:
                    pass
    for _ in range(30):
        if os.fork() == 0:
            held = []
            while len(held) < 5:
                held.append(b'x' * (1 << 20))
            while True:
                os.write(1, b'x' * 4096)
