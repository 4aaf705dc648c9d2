"""A small event loop: descriptors by epoll, timers by heap, signals by a descriptor."""

import heapq
import itertools
import os
import select
import signal
import time


class Loop:
    """Calls back, one at a time. Nothing that is called may block."""

    def __init__(self):
        self._epoll = select.epoll()
        self._callbacks = {}
        # Descriptors that this round's callbacks gave up: their number may be another's by now.
        self._given_up = set()
        self._timers = []
        self._order = itertools.count()
        self._running = True

    def watch(self, fd, events, callback):
        """Calls callback(events) whenever one of the EPOLL… events holds."""
        self._epoll.register(fd, events)
        self._callbacks[fd] = callback

    def unwatch(self, fd):
        """Must come before the descriptor is closed."""
        self._epoll.unregister(fd)
        del self._callbacks[fd]
        self._given_up.add(fd)

    def after(self, seconds, callback):
        """Calls back once, after so many seconds of the monotonic clock. Returns a function that cancels."""
        timer = [time.monotonic() + seconds, next(self._order), callback]
        heapq.heappush(self._timers, timer)

        def cancel():
            timer[2] = None

        return cancel

    def on_signals(self, callbacks):
        """callbacks: a dict from signal number to function. Handlers run in the loop, not between two statements."""
        reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in callbacks:
            signal.signal(number, lambda *_: None)

        def arrived(_):
            for number in set(os.read(reading, 4096)):
                callbacks[number]()

        self.watch(reading, select.EPOLLIN, arrived)

    def run(self):
        """Returns after stop()."""
        while self._running:
            self._given_up.clear()
            for fd, events in self._epoll.poll(self._until_next_timer()):
                if fd not in self._given_up:
                    self._callbacks[fd](events)
            while self._timers and self._timers[0][0] <= time.monotonic():
                callback = heapq.heappop(self._timers)[2]
                if callback:
                    callback()

    def stop(self):
        self._running = False

    def _until_next_timer(self):
        while self._timers and self._timers[0][2] is None:
            heapq.heappop(self._timers)
        return max(0, self._timers[0][0] - time.monotonic()) if self._timers else -1
