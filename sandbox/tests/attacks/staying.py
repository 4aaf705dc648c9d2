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
