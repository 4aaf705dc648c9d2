"""A fake of the daemon's event loop, in which time passes when a test says so."""

import itertools


class FakeLoop:
    """Remembers what is to happen; time passes by run()."""

    def __init__(self):
        self.now = 0
        self.watched = {}
        self._timers = {}
        self._numbers = itertools.count()

    def watch(self, descriptor, events, callback):
        self.watched[descriptor] = callback

    def unwatch(self, descriptor):
        del self.watched[descriptor]

    def after(self, seconds, callback):
        number = next(self._numbers)
        self._timers[number] = (self.now + seconds, callback)
        return lambda: self._timers.pop(number, None)

    @property
    def next_at(self):
        return min((at for at, _ in self._timers.values()), default=None)

    def run(self):
        """Goes on to the next timer. Returns the time."""
        number = min(self._timers, key=lambda each: self._timers[each][0])
        self.now, callback = self._timers.pop(number)
        callback()
        return self.now
