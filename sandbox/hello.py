"""The first frame of a connection, HELLO or PROBE, and the answer. Not a byte more is read: the rest is init's."""

import json
import select

from . import wire

# From connecting to the whole frame.
HELLO_DEADLINE_S = 5

# The longest payload: an environment's name in a little JSON.
MAX_HELLO_BYTES = 256


class Hello:
    """Calls done(connection, kind, environment) once; kind is None where there was no such frame in time."""

    def __init__(self, loop, connection, done):
        self._loop = loop
        self._connection = connection
        self._done = done
        self._data = b''
        self._cancel = loop.after(HELLO_DEADLINE_S, lambda: self._finish(None, None))
        loop.watch(connection.fileno(), select.EPOLLIN | select.EPOLLRDHUP, self._read)

    def _read(self, events):
        if events & (select.EPOLLRDHUP | select.EPOLLHUP):
            return self._finish(None, None)  # whoever it was does not wait for a sandbox
        try:
            if not self._read_on():
                return  # the rest is on its way
            asked = _read_frame(self._data)
        except (OSError, ValueError):
            asked = (None, None)
        self._finish(*asked)

    def _read_on(self):
        """Returns whether the frame is whole. Raises OSError or ValueError where it never will be."""
        wanted = wire.HEADER.size
        if len(self._data) >= wanted:
            wanted += wire.payload_length(self._data[:wanted])
        try:
            received = self._connection.recv(min(wanted, wire.HEADER.size + MAX_HELLO_BYTES) - len(self._data))
        except BlockingIOError:
            return False
        if not received:
            raise ValueError(f'it ended after {len(self._data)} bytes')
        self._data += received
        return len(self._data) == wanted > wire.HEADER.size

    def _finish(self, kind, environment):
        self._cancel()
        self._loop.unwatch(self._connection.fileno())
        self._done(self._connection, kind, environment)


def _read_frame(frame):
    """Its kind and the environment in it. Raises ValueError."""
    ((kind, _, payload),) = wire.Decoder().feed(frame)
    fields = json.loads(payload)
    environment = fields.get('environment') if isinstance(fields, dict) else None
    if kind not in (wire.HELLO, wire.PROBE) or not isinstance(environment, str):
        raise ValueError(frame)
    return kind, environment


def refuse(connection, code, message):
    """Says why there is no sandbox, and ends the connection."""
    answer(connection, wire.ERROR, {'code': code, 'message': message})


def answer(connection, kind, fields):
    """The one frame that is the daemon's to send, and the end of the connection."""
    try:
        connection.send(wire.encode(kind, 0, fields))
    except OSError:
        pass  # it has gone already
    connection.close()
