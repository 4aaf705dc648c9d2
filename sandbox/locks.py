"""Bounds the locks on ranges of files (fcntl(2)): the kernel keeps a record of each and charges it to nobody.

The visitor's filter asks init about each call (offline.py). What is asked for cannot be read from here, so that the
calls of a sandbox are counted, those that unlock among them. flock(2) needs no such bound: one for each open file.
"""

# The most for one sandbox: a call adds one record at the most, of 192 bytes, which makes 38 MB. A transaction of SQLite
# is about eight calls.
MOST_CALLS = 200_000


class Locks:
    """Counts down."""

    def __init__(self):
        self._left = MOST_CALLS

    def admit(self):
        """Whether one more call may be made."""
        self._left -= 1
        return self._left >= 0
