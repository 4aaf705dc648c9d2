"""A program that a terminal executes, where it is not the interpreter that the template has made ready."""

import os
import shutil
import signal


class Command:
    """A program and its arguments. Has the shape of interpreter.Interpreter. Raises FileNotFoundError."""

    def __init__(self, arguments):
        path = shutil.which(arguments[0])
        if path is None:
            raise FileNotFoundError(f'the image has no program {arguments[0]!r}')
        self._path = path
        self._arguments = arguments

    def start(self):
        """Nothing is shared by the forks: the program starts afresh."""

    def run(self):
        """Becomes the program. Raises OSError."""
        # Python ignores these, and what it executes would, too.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execv(self._path, self._arguments)
