"""How a sandbox learns that its visitor has met a limit, so that it can say so.

The daemon knows of memory, processes and processor time, and is asked. The RAM disks are looked at from here. Both
happen shortly after a terminal was active and not otherwise: a sandbox that nobody uses costs nothing.
"""

import os
import time

from . import lifeline, wire

# From a terminal's activity to the look: a crowd of errors gets one, and a flood of output a few in a second.
LOOK_DELAY_S = 0.3

# The least time between two tellings of one limit: what a program does in a loop shall not fill what waits for the
# server. Longer than the server's own, which would take the next one for too early.
REPEAT_S = 12

DISKS = ('/home/user', '/tmp', '/dev/shm')


class Notices:
    """Calls send(limit), with one of wire.py's names, when a limit was met.

    lifeline: descriptor of the socket to the daemon.
    """

    def __init__(self, lifeline, send):
        self._lifeline = lifeline
        self._send = send
        # When each limit was told last, by the monotonic clock, in seconds.
        self._told_at = {}
        self._look_at = None
        self._full = set()
        # Who waits for the daemon's next answers, oldest first.
        self._waiting = []

    def tell(self, limit):
        """A limit was met: tells so, unless it has just now. Returns whether it does."""
        now = time.monotonic()
        if now - self._told_at.get(limit, float('-inf')) < REPEAT_S:
            return False
        self._told_at[limit] = now
        self._send(limit)
        return True

    def saw_activity(self):
        if self._look_at is None:
            self._look_at = time.monotonic() + LOOK_DELAY_S

    def timeout_ms(self):
        """How long there is nothing to do, for poll; None where nothing is planned."""
        return None if self._look_at is None else max(0, int((self._look_at - time.monotonic()) * 1000) + 1)

    def look_if_due(self):
        if self._look_at is not None and time.monotonic() >= self._look_at:
            self._look_at = None
            self._look_at_disks()
            # Not a second question before the answer to the first: the daemon may be slow.
            if not self._waiting:
                self.ask(lambda _: None)

    def ask(self, answered):
        """Has the kernel killed a process for want of memory just now? The answer comes by answered(bool).

        The daemon answers always, or the lifeline ends and everything here with it.
        """
        self._waiting.append(answered)
        os.write(self._lifeline, lifeline.LOOK)

    def hear(self):
        """Takes a word of the daemon's. Returns False at the end of the lifeline."""
        try:
            word = os.read(self._lifeline, lifeline.MAX_BYTES)
        except ConnectionResetError:
            return False
        if word in (lifeline.KILLED, lifeline.NOT_KILLED):
            self._waiting.pop(0)(word == lifeline.KILLED)
        elif word:
            self.tell(word.decode())
        return bool(word)

    def _look_at_disks(self):
        """Each filling is told once, until there is room again; what cannot be told yet is found again later."""
        full = {disk for disk in DISKS if _is_full(os.statvfs(disk))}
        is_told = full <= self._full or self.tell(wire.DISK)
        self._full = full if is_told else full & self._full


def _is_full(disk):
    return disk.f_bavail == 0 or disk.f_ffree == 0
