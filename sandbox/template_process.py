"""One template process as the daemon sees it: its control socket, its image, and how much it was used."""

import base64
import json
import os
import select
import signal
import socket

from . import image, launch, seccomp
from .environment import NONE


class TemplateProcess:
    """Its control socket's end is its end, and the reverse. It keeps the image that it was started in.

    heard: called with this and each of its messages, b'' being the last. The rest as for Templates.
    Raises OSError where it cannot be started.
    """

    def __init__(self, loop, environment, images, layers, base, slots, heard):
        self.environment = environment
        self.is_ready = False
        self.launches = 0
        self._loop = loop
        self._base = base
        self._slots = slots
        path, self.image = image.use(environment, images)
        try:
            self.pid, self._control = launch.start(layers, path, environment.variables, slots)
        except OSError:
            os.close(self.image)
            raise
        self._pidfd = os.pidfd_open(self.pid)
        self._control.setblocking(False)
        loop.watch(self._control.fileno(), select.EPOLLIN, lambda _: heard(self, self._receive()))

    def set_up(self):
        """Gives it its users and its settings, once it asks. Raises OSError."""
        launch.map_users(self.pid, self._base, self._slots)
        self.send(b'mapped')
        self.send(_settings(self.environment))

    def send(self, message, descriptors=()):
        """Raises BlockingIOError where the template has stopped reading, OSError where it has ended."""
        socket.send_fds(self._control, [message], descriptors)

    def close(self):
        """The template reads what was sent before, and ends. Its sandboxes go on."""
        self._loop.unwatch(self._control.fileno())
        self._control.close()
        os.close(self._pidfd)
        os.close(self.image)

    def kill(self):
        """Ends it without its help; its control socket tells when it is gone."""
        signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _receive(self):
        try:
            return self._control.recv(65536)
        except ConnectionResetError:
            return b''


def _settings(environment):
    programs = seccomp.compile_programs(environment.network != NONE)
    return json.dumps({
        'command': environment.command,
        'imports': environment.imports,
        'limits': environment.facts['limits'],
        'network': environment.network,
        'programs': {name: base64.b64encode(program).decode() for name, program in programs.items()},
    }).encode()
