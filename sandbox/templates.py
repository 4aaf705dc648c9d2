"""The daemon's side of templates: one living template for each environment, replaced when it is worn or dies."""

import base64
import dataclasses
import json
import os
import select
import signal
import socket
import time

from . import image, launch
from .log import log

# A template that dies is started again after these seconds, doubled with each death until one is ready.
FIRST_BACKOFF_S = 0.1
LAST_BACKOFF_S = 30

# How long to wait where a template's socket is full of requests.
FULL_PAUSE_S = 0.05

# From its start to its readiness; the imports are all that takes time, about half a second for the standard library.
START_DEADLINE_S = 30


class Templates:
    """Hands requests for sandboxes to the current template of one environment, and keeps them while there is none.

    image_path: the path of the environment's root folder. layers: a folder for launch.py, made here.
    programs: the system call filters. base: the first host user
    id. slots: how many pairs of ids follow it. told_ready: called whenever a template has become ready.
    """

    def __init__(self, loop, environment, image_path, layers, programs, base, slots, told_ready):
        self.environment = environment
        self._loop = loop
        self._image_lock = image.use(image_path)
        self._layers = layers
        self._base = base
        self._slots = slots
        self._told_ready = told_ready
        self._settings = json.dumps({
            'imports': environment.imports,
            'limits': dataclasses.asdict(environment.limits),
            'programs': {name: base64.b64encode(program).decode() for name, program in programs.items()},
        }).encode()
        self._current = None
        self._next = None
        self._waiting = []
        self._backoff_s = FIRST_BACKOFF_S
        # When a template or a sandbox was last seen to become ready, by the monotonic clock, in seconds.
        self._seen_ready_at = 0.0
        self._is_full = False
        launch.write_layers(layers, image_path)
        self._start()

    @property
    def is_ready(self):
        return self._current is not None

    def spawn(self, request, connection, lifeline):
        """Asks for a sandbox, now or as soon as a template is ready. Both descriptors stay the caller's.

        Returns a function that takes the request back if it still waits.
        """
        entry = (request, os.dup(connection), os.dup(lifeline))
        self._waiting.append(entry)
        self._hand_over()
        return lambda: self._take_back(entry)

    def saw_ready(self):
        """A sandbox or a template has become ready: they work."""
        self._seen_ready_at = time.monotonic()

    def saw_late(self, seconds):
        """A sandbox was not ready in so many seconds. If none was, the template hangs, and shall not keep others."""
        template = self._current
        if template and time.monotonic() - self._seen_ready_at >= seconds:
            log('template hangs', environment=self.environment.name, pid=template.pid)
            template.kill()
            self._gone(template)

    def _take_back(self, entry):
        if entry in self._waiting:
            self._waiting.remove(entry)
            os.close(entry[1])
            os.close(entry[2])

    def _start(self):
        if self._next is None:
            pid, control = launch.start(self._layers)
            template = self._next = _Template(self._loop, pid, control, self._heard)
            self._loop.after(START_DEADLINE_S, lambda: self._is_late(template))

    def _is_late(self, template):
        if template is self._next:
            log('template does not get ready', environment=self.environment.name, pid=template.pid)
            template.kill()

    def _heard(self, template, message):
        """A template's message: it wants its users mapped, is ready, is gone, or says why it is about to go."""
        if message == b'unshared':
            try:
                launch.map_users(template.pid, self._base, self._slots)
                template.send(b'mapped')
                template.send(self._settings)
            except OSError as error:
                # Its end, which comes next, starts another one.
                log('template cannot be set up', environment=self.environment.name, error=str(error))
        elif message == b'ready':
            self._promote(template)
        elif message:
            log('template failed', environment=self.environment.name, error=message.decode(errors='replace'))
        else:
            self._gone(template)

    def _promote(self, template):
        self.saw_ready()
        previous, self._current, self._next = self._current, template, None
        self._backoff_s = FIRST_BACKOFF_S
        if previous:
            previous.close()
        self._loop.after(self.environment.template.minutes * 60, lambda: self._is_worn(template))
        log('template ready', environment=self.environment.name, pid=template.pid)
        self._told_ready()
        self._hand_over()

    def _is_worn(self, template):
        """Starts its successor; it serves until that one is ready."""
        if template is self._current:
            self._start()

    def _gone(self, template):
        template.close()
        if template is self._next:
            self._next = None
        elif template is self._current:
            self._current = None
        log('template gone', environment=self.environment.name, pid=template.pid, retry_in_s=self._backoff_s)
        self._loop.after(self._backoff_s, self._start)
        self._backoff_s = min(2 * self._backoff_s, LAST_BACKOFF_S)

    def _hand_over(self):
        while self._current and self._waiting and not self._is_full:
            template = self._current
            request, connection, lifeline = self._waiting[0]
            try:
                template.send(json.dumps(request).encode(), [connection, lifeline])
            except BlockingIOError:
                # A crowd: what it has is as much as its socket holds. It takes some milliseconds for each.
                self._is_full = True
                self._loop.after(FULL_PAUSE_S, self._try_again)
                return
            except OSError:
                self._gone(template)
                return  # the request waits for the next one
            del self._waiting[0]
            os.close(connection)
            os.close(lifeline)
            template.launches += 1
            if template.launches == self.environment.template.launches:
                self._is_worn(template)

    def _try_again(self):
        self._is_full = False
        self._hand_over()


class _Template:
    """One template process, by its control socket. Its descriptor's end is the template's end, and the reverse."""

    def __init__(self, loop, pid, control, heard):
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        self.launches = 0
        self._loop = loop
        self._control = control
        control.setblocking(False)
        loop.watch(control.fileno(), select.EPOLLIN, lambda _: heard(self, self._receive()))

    def send(self, message, descriptors=()):
        """Raises BlockingIOError where the template has stopped reading, OSError where it has ended."""
        socket.send_fds(self._control, [message], descriptors)

    def close(self):
        """The template reads what was sent before, and ends. Its sandboxes go on."""
        self._loop.unwatch(self._control.fileno())
        self._control.close()
        os.close(self._pidfd)

    def kill(self):
        """Ends it without its help; its control socket tells when it is gone."""
        signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _receive(self):
        try:
            return self._control.recv(65536)
        except ConnectionResetError:
            return b''
