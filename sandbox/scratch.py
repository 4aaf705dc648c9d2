"""A terminal for the template alone, on which IPython draws its first prompt before any visitor comes."""

import os
import pty
import sys
import threading
import tty


class ScratchTerminal:
    """A terminal nobody sees, on descriptors 0 to 2; the standard streams are opened anew on it."""

    def __enter__(self):
        self._keyboard, screen = pty.openpty()
        tty.setraw(screen)
        for fd in (0, 1, 2):
            os.dup2(screen, fd)
        os.close(screen)
        open_standard_streams()
        # What is drawn is read and thrown away, or the drawing would block once the terminal's buffer is full.
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()
        return self

    def type(self, keys):
        os.write(self._keyboard, keys)

    def _drain(self):
        try:
            while os.read(self._keyboard, 65536):
                pass
        except OSError:
            pass  # the last holder of the screen has closed it

    def __exit__(self, *_):
        sys.stdout.flush()
        null = os.open('/dev/null', os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)
        self._reader.join()
        os.close(self._keyboard)


def open_standard_streams():
    """Makes sys.stdin, stdout and stderr afresh: Python decided at its start that it has no terminal."""
    sys.stdin = sys.__stdin__ = open(0, encoding='utf-8', closefd=False)
    sys.stdout = sys.__stdout__ = open(1, 'w', encoding='utf-8', buffering=1, closefd=False)
    sys.stderr = sys.__stderr__ = open(2, 'w', encoding='utf-8', errors='backslashreplace', buffering=1, closefd=False)
