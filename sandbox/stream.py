"""One stream in init: the connection of a program inside, and what of it is on its way to or from the server."""

import select
import socket
import struct

from . import wire

# One read of a connection, in bytes, so that many take turns.
READ_BYTES = 16 * 1024

# Closing then resets: a program must not take what it got for the whole.
_AT_ONCE = struct.pack('ii', 1, 0)


class Stream:
    """One connection of a program's, until both sides have sent their CLOSE."""

    def __init__(self, connection, send):
        self.socket = connection
        self.descriptor = connection.fileno()
        # Bytes to the server that it has not acknowledged.
        self.unacknowledged = 0
        self._send = send
        # What the program has not taken yet.
        self._pending = bytearray()
        # What was said: that the program sends no more, that the server does not, and each side's CLOSE.
        self._has_sent_end = False
        self._has_end = False
        self._has_sent_close = False
        self._has_close = False

    @property
    def is_over(self):
        return self._has_sent_close and self._has_close

    def wanted(self, may_read):
        """The poll events that something can be done with; 0 for none."""
        if self._has_sent_close:
            return 0
        events = select.POLLOUT if self._pending else 0
        if may_read and self._reads and self.unacknowledged < wire.STREAM_WINDOW:
            events |= select.POLLIN
        return events

    @property
    def _reads(self):
        return not self._has_sent_end and not self._has_close

    def serve(self, events):
        """Moves what can be moved; a connection that breaks breaks the stream off."""
        if self._has_sent_close:
            return  # the descriptor is another's by now
        try:
            if self._pending and events & ~select.POLLIN:
                self._write()
            if self._reads and events & ~select.POLLOUT and self.unacknowledged < wire.STREAM_WINDOW:
                self._read()
        except BlockingIOError:
            pass
        except OSError:
            self._break_off()

    def type(self, data):
        """Bytes from the server."""
        if self._has_sent_close:
            return  # sent before it knew
        if self._has_end or len(self._pending) + len(data) > wire.STREAM_WINDOW:
            raise wire.BrokenFrame('data past the end of a stream, or past its window')
        self._pending += data

    def end(self):
        """The server sends no more data."""
        self._has_end = True
        if not self._has_sent_close:
            self._finish_if_done()

    def close(self):
        """The server sends nothing more, and takes nothing more."""
        self._has_close = True
        if self._has_sent_close:
            return
        if self._has_end:
            self._finish_if_done()
        else:
            self._break_off()

    def _read(self):
        data = self.socket.recv(min(READ_BYTES, wire.STREAM_WINDOW - self.unacknowledged))
        if data:
            self.unacknowledged += len(data)
            self._send(wire.STREAM_DATA, data)
        else:
            self._has_sent_end = True
            self._send(wire.STREAM_END)
            self._finish_if_done()

    def _write(self):
        written = self.socket.send(self._pending)
        del self._pending[:written]
        self._send(wire.STREAM_ACK, struct.pack('>I', written))
        self._finish_if_done()

    def _finish_if_done(self):
        """Passes the server's end on once all before it is delivered, and closes once there is no other direction."""
        if not self._has_end or self._pending:
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._break_off()
            return
        if self._has_sent_end or self._has_close:
            self._leave()

    def _break_off(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._pending.clear()
        self._leave()

    def _leave(self):
        self.socket.close()
        self._has_sent_close = True
        self._send(wire.STREAM_CLOSE)
