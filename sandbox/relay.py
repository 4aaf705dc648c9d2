"""The way out of a sandbox with a proxy: init takes connections inside and carries them as streams to the server.

The proxy itself is the console server's: it reads what is asked for, decides and connects. Nothing here knows HTTP.
"""

import select
import socket
import struct

from . import wire
from .stream import Stream

# Where programs inside find the proxy. A port above 1024 needs no right.
ADDRESS = ('127.0.0.1', 3128)

# Of init's descriptors, the part that streams may take: one in two.
_SHARE = 2

# Streams count from 1 to here, and begin again.
_NUMBERS = 0xFFFF

_URL = f'http://{ADDRESS[0]}:{ADDRESS[1]}'
_DIRECT = 'localhost,127.0.0.1,::1'
# What tells programs of the proxy; some read one spelling, some the other.
VARIABLES = {
    'http_proxy': _URL, 'https_proxy': _URL, 'no_proxy': _DIRECT,
    'HTTP_PROXY': _URL, 'HTTPS_PROXY': _URL, 'NO_PROXY': _DIRECT,
}


def listen(limits):
    """Returns the listening socket; connections above the limit wait in its backlog. limits: [limits] as a dict."""
    return socket.create_server(ADDRESS, backlog=limits['connections'])


class Relay:
    """All streams of a sandbox. init polls for it and calls it; nothing here blocks.

    listener: the socket of listen(), or None where there is no proxy. outbox: takes the frames.
    """

    def __init__(self, listener, limits, outbox):
        self._listener = listener
        self._outbox = outbox
        self._streams = {}
        self._limit = min(limits['connections'], limits['open_files'] // _SHARE, _NUMBERS)
        self._last_number = 0
        if listener:
            listener.setblocking(False)

    def register(self, poll):
        """Adds what is waited for, and nothing else: of a connection's end the kernel would tell for ever."""
        if self._listener and len(self._streams) < self._limit:
            poll.register(self._listener, select.POLLIN)
        for stream in self._streams.values():
            if events := stream.wanted(self._outbox.takes_streams):
                poll.register(stream.socket, events)

    def serve(self, ready):
        """ready: {descriptor: poll events}."""
        for number, stream in list(self._streams.items()):
            if events := ready.get(stream.descriptor):
                stream.serve(events)
                self._forget_if_over(number, stream)
        if self._listener and self._listener.fileno() in ready:
            self._accept()

    def take(self, kind, number, payload):
        """A frame of the server's. Raises wire.BrokenFrame where it fits no stream."""
        stream = self._streams.get(number)
        if stream is None:
            raise wire.BrokenFrame(f'frame {kind} of stream {number}, which is not open')
        if kind == wire.STREAM_DATA:
            stream.type(payload)
        elif kind == wire.STREAM_ACK:
            stream.unacknowledged -= struct.unpack('>I', payload)[0]
        elif kind == wire.STREAM_END:
            stream.end()
        elif kind == wire.STREAM_CLOSE:
            stream.close()
        else:
            raise wire.BrokenFrame(f'frame {kind} is not for init')
        self._forget_if_over(number, stream)

    def _accept(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it has gone already
        connection.setblocking(False)
        while (number := self._last_number % _NUMBERS + 1) in self._streams:
            self._last_number = number
        self._last_number = number
        self._streams[number] = Stream(connection, lambda kind, payload=b'': self._send(kind, number, payload))
        self._send(wire.STREAM_OPEN, number, b'')

    def _send(self, kind, number, payload):
        self._outbox.add_of_stream(wire.encode(kind, number, payload))

    def _forget_if_over(self, number, stream):
        if stream.is_over:
            del self._streams[number]
