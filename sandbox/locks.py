"""Bounds the locks on files: the kernel charges them to nobody, and looks through all of a file's at each close.

The visitor's filter asks init about each call (offline.py). What is asked for cannot be read from here, so that the
calls of a sandbox are counted, those that unlock among them.
"""

# linux/unistd.h, x86-64
SYS_FCNTL, SYS_FLOCK = 72, 73

# The most for one sandbox, by call. fcntl(2) locks ranges of files: a call adds one record at the most, of 192 bytes,
# which makes 38 MB; a transaction of SQLite is about eight calls. flock(2) locks a file once for each time it is
# opened: 14,700 locks on one file kept the end of a sandbox for 1.5 s, and the time goes with the square.
MOST_CALLS = {SYS_FCNTL: 200_000, SYS_FLOCK: 2_000}


class Locks:
    """Counts down."""

    def __init__(self):
        self._left = dict(MOST_CALLS)

    def admit(self, call):
        """Whether one more call may be made. call: its number, one of MOST_CALLS."""
        self._left[call] -= 1
        return self._left[call] >= 0
