"""What init has to tell the console server and the connection has not taken yet."""

import collections
import os

# Up to here terminals are read, and up to there streams, in bytes. With the windows they bound what init comes to hold.
TERMINAL_BYTES = 256 * 1024
STREAM_BYTES = 64 * 1024


class Outbox:
    """Frames in two lanes: a download does not stand in the way of what a terminal shows."""

    def __init__(self, connection):
        """connection: the descriptor of a stream that does not block."""
        self._connection = connection
        # What is being written; a frame that was begun is finished before any other.
        self._begun = bytearray()
        self._terminals = bytearray()
        self._streams = collections.deque()
        self._stream_bytes = 0

    def __bool__(self):
        return bool(self._begun or self._terminals or self._streams)

    @property
    def takes_terminals(self):
        return len(self._begun) + len(self._terminals) < TERMINAL_BYTES

    @property
    def takes_streams(self):
        return self._stream_bytes < STREAM_BYTES

    def add(self, frame):
        self._terminals += frame

    def add_of_stream(self, frame):
        self._streams.append(frame)
        self._stream_bytes += len(frame)

    def flush(self):
        """Writes as much as the connection takes. Raises OSError where it has ended."""
        try:
            while self._begun or self._begin():
                del self._begun[: os.write(self._connection, self._begun)]
        except BlockingIOError:
            pass

    def _begin(self):
        if self._terminals:
            self._begun, self._terminals = self._terminals, self._begun
        elif self._streams:
            frame = self._streams.popleft()
            self._stream_bytes -= len(frame)
            self._begun += frame
        return self._begun
