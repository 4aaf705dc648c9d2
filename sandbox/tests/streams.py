"""The console server's end of one stream, for tests: what came on it, and what is sent."""

import struct

from sandbox import wire

from .harness import DEADLINE_S


class Stream:
    """Takes what comes only when asked to, so that windows can be seen to hold."""

    def __init__(self, client, number=None):
        """Waits for the stream to be opened; the next one where no number is given."""
        self._client = client
        self.number = _next(client) if number is None else number
        client.frame(wire.STREAM_OPEN, self.number)
        # Bytes that came and were not acknowledged.
        self.unacknowledged = 0

    def read(self, count, acknowledging=True):
        """So many bytes, or more of the last frame."""
        came = b''
        while len(came) < count:
            came += self._client.frame(wire.STREAM_DATA, self.number)
        self.unacknowledged += len(came)
        if acknowledging:
            self.acknowledge()
        return came

    def acknowledge(self):
        self.send(wire.STREAM_ACK, struct.pack('>I', self.unacknowledged))
        self.unacknowledged = 0

    def write(self, data):
        for start in range(0, len(data), 16384):
            self.send(wire.STREAM_DATA, data[start : start + 16384])

    def taken(self, count, seconds=DEADLINE_S):
        """Waits until so many bytes were acknowledged. Returns their number."""
        total = 0
        while total < count:
            total += struct.unpack('>I', self._client.frame(wire.STREAM_ACK, self.number, seconds))[0]
        return total

    def expect(self, kind):
        self._client.frame(kind, self.number)

    def end(self):
        self.send(wire.STREAM_END)

    def close(self):
        self.send(wire.STREAM_CLOSE)

    def send(self, kind, payload=b''):
        self._client.send(kind, self.number, payload)


def _next(client):
    client._until(lambda: waiting(client), DEADLINE_S, 'a stream')
    return waiting(client)[0]


def waiting(client):
    """The numbers of streams that were opened and are still to be taken."""
    return [number for kind, number, _ in client.frames if kind == wire.STREAM_OPEN]


def pending(client, number):
    """How many bytes of a stream have come and were not read."""
    return sum(len(payload) for kind, each, payload in client.frames if (kind, each) == (wire.STREAM_DATA, number))
