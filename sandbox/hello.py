"""The first frame of a connection, which names the environment. Not a byte more is read: what follows is init's."""

import json
import select

from . import wire

# From connecting to the whole frame.
HELLO_DEADLINE_S = 5

# The longest payload: an environment's name in a little JSON.
MAX_HELLO_BYTES = 256


class Hello:
    """Calls done(connection, environment) once; the environment is None where there was no such frame in time."""

    def __init__(self, loop, connection, done):
        self._loop = loop
        self._connection = connection
        self._done = done
        self._data = b''
        self._cancel = loop.after(HELLO_DEADLINE_S, lambda: self._finish(None))
        loop.watch(connection.fileno(), select.EPOLLIN | select.EPOLLRDHUP, self._read)

    def _read(self, events):
        if events & (select.EPOLLRDHUP | select.EPOLLHUP):
            return self._finish(None)  # whoever it was does not wait for a sandbox
        wanted = wire.HEADER.size
        try:
            if len(self._data) >= wanted:
                wanted += wire.payload_length(self._data[:wanted])
            received = self._connection.recv(min(wanted, wire.HEADER.size + MAX_HELLO_BYTES) - len(self._data))
            self._data += received
            if not received:
                self._finish(None)
            elif len(self._data) > wire.HEADER.size and len(self._data) == wanted:
                self._finish(_environment_of(self._data))
        except BlockingIOError:
            pass  # the rest is on its way
        except (OSError, ValueError):
            self._finish(None)

    def _finish(self, environment):
        self._cancel()
        self._loop.unwatch(self._connection.fileno())
        self._done(self._connection, environment)


def _environment_of(frame):
    """The name in a HELLO frame. Raises ValueError."""
    ((kind, _, payload),) = wire.Decoder().feed(frame)
    hello = json.loads(payload)
    if kind != wire.HELLO or not isinstance(hello, dict) or not isinstance(hello.get('environment'), str):
        raise ValueError(frame)
    return hello['environment']
