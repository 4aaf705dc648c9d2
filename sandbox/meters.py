"""Watches what one sandbox uses: tells of limits that were met, and puts it into the slow lane in the end."""

import time

from . import wire
from .log import log

# From the kernel's event to the look at the counts: v1 tells before it kills. It bounds the looks for one sandbox, too.
PAUSE_S = 0.1

# The least time between two looks at the processor time, when almost all of the allowance is used.
CPU_PAUSE_S = 1

# A process that dies by SIGKILL so long after the kernel has killed for memory is taken for the one that was killed:
# what it held has to be freed first, which takes the sandbox's own processor time.
JUST_NOW_S = 5


class Meters:
    """The meters of one sandbox, from start() to stop().

    It calls tell(limit), with one of wire.py's names, each time a limit turns out to have been met. Made before
    anything runs in the group: what the group has counted by then is the last sandbox's. Raises OSError.
    """

    def __init__(self, loop, group, limits, tell):
        self._loop = loop
        self._group = group
        self._counters = group.counters
        self._limits = limits
        self._tell = tell
        self._killed, self._refused = self._counters.read()
        self._killed_at = float('-inf')
        self._allowed_until_s = self._counters.cpu_seconds() + limits.cpu_seconds
        self._watched = []
        self._cancel_look = self._cancel_cpu = lambda: None

    def start(self):
        self._watch()
        self._look_at_cpu()

    def stop(self):
        self._cancel_look()
        self._cancel_cpu()
        self._unwatch()

    def look(self):
        """Tells what was met since the last look. Returns whether a process was killed for memory just now."""
        try:
            killed, refused = self._counters.read()
        except OSError as error:
            log('limits cannot be watched', error=str(error))
            return False
        if killed > self._killed:
            self._killed_at = time.monotonic()
            self._tell(wire.MEMORY)
        if refused > self._refused:
            self._tell(wire.PROCESSES)
        self._killed, self._refused = killed, refused
        return time.monotonic() - self._killed_at < JUST_NOW_S

    def _watch(self):
        self._watched = self._counters.triggers()
        for descriptor, events in self._watched:
            self._loop.watch(descriptor, events, self._triggered)

    def _unwatch(self):
        for descriptor, _ in self._watched:
            self._loop.unwatch(descriptor)
        self._watched = []

    def _triggered(self, _):
        self._unwatch()
        self._cancel_look = self._loop.after(PAUSE_S, self._look_and_watch)

    def _look_and_watch(self):
        self.look()
        self._watch()

    def _look_at_cpu(self):
        """Comes back at the earliest moment at which the allowance can be used up, however many processes use it."""
        try:
            left_s = self._allowed_until_s - self._counters.cpu_seconds()
            if left_s <= 0:
                self._group.slow_down(self._limits)
                self._tell(wire.CPU)
                return
        except OSError as error:
            log('processor time cannot be limited', error=str(error))
            return
        wait_s = max(left_s * 100 / self._limits.cpu_percent, CPU_PAUSE_S)
        self._cancel_cpu = self._loop.after(wait_s, self._look_at_cpu)
