"""The daemon's side of templates: requests for sandboxes of one environment, handed to its template as they come."""

import json
import os
import time

from .log import log
from .succession import Succession

# How long to wait where a template's socket is full of requests.
FULL_PAUSE_S = 0.05


class Templates:
    """Hands requests for sandboxes to the current template of one environment, and keeps them while there is none.

    images: the folder of built images. layers: a folder for launch.py, made here. base: the first host user id.
    slots: how many pairs of ids follow it. told: called whenever a template has become the current one,
    and when the first one has failed.
    """

    def __init__(self, loop, environment, images, layers, base, slots, told):
        self._loop = loop
        self._told = told
        self._waiting = []
        # When a template or a sandbox was last seen to become ready, by the monotonic clock, in seconds.
        self._seen_ready_at = 0.0
        self._is_full = False
        self._succession = Succession(loop, environment, images, layers, base, slots, self._goes_on, told)

    @property
    def environment(self):
        """What the current template was started with; before there is one, what the first is."""
        return self._succession.environment

    @property
    def facts(self):
        """What the server is told of the environment."""
        return self.environment.facts

    @property
    def is_ready(self):
        """Whether sandboxes can be made now, or as soon as the successor of a template that was used up is ready."""
        return self._succession.is_alive

    @property
    def has_failed(self):
        """Whether no template has ever been ready, and one has ended."""
        return self._succession.has_failed

    def spawn(self, request, connection, lifeline):
        """Asks for a sandbox, now or as soon as a template is ready. Both descriptors stay the caller's.

        Returns a function to be called at the sandbox's end: it takes back a request that still waits, and lets go
        of the image of one that was granted.
        """
        waiting = _Request(request, connection, lifeline)
        self._waiting.append(waiting)
        self._hand_over()
        return lambda: self._end(waiting)

    def replace(self, environment):
        """Starts a template by another declaration, which takes over if it gets ready."""
        self._succession.replace(environment)

    def saw_ready(self):
        """A sandbox or a template has become ready: they work."""
        self._seen_ready_at = time.monotonic()

    def saw_late(self, seconds):
        """A sandbox was not ready in so many seconds. If none was, the template hangs, and shall not keep others."""
        template = self._succession.current
        if template and time.monotonic() - self._seen_ready_at >= seconds:
            log('template hangs', environment=self.environment.name, pid=template.pid)
            template.kill()
            self._succession.has_ended(template)

    def _end(self, request):
        if request in self._waiting:
            self._waiting.remove(request)
        request.close()

    def _goes_on(self):
        """Another template is the current one."""
        self.saw_ready()
        self._told()
        self._hand_over()

    def _hand_over(self):
        while (template := self._succession.current) and self._waiting and not self._is_full:
            try:
                self._waiting[0].send(template)
            except BlockingIOError:
                # A crowd: what it has is as much as its socket holds. It takes some milliseconds for each.
                self._is_full = True
                self._loop.after(FULL_PAUSE_S, self._try_again)
                return
            except OSError:
                self._succession.has_ended(template)
                return  # the request waits for the next one
            del self._waiting[0]
            self._succession.count_launch()

    def _try_again(self):
        self._is_full = False
        self._hand_over()


class _Request:
    """One that waits for a template, and then one that holds the template's image until the sandbox's end."""

    def __init__(self, message, connection, lifeline):
        self._message = message
        self._descriptors = [os.dup(connection), os.dup(lifeline)]

    def send(self, template):
        """Raises BlockingIOError where the template has stopped reading, OSError where it has ended."""
        template.send(json.dumps(self._message).encode(), self._descriptors)
        self.close()
        # The image's lock is shared by its copies, and gone with the last.
        self._descriptors = [os.dup(template.image)]

    def close(self):
        while self._descriptors:
            os.close(self._descriptors.pop())
