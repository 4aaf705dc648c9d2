"""The frames between the console server and a sandbox: the daemon reads the first one, init all others.

A frame is: u32 length of the rest (big endian), u8 type (an ASCII letter), u16 terminal, payload.
Terminal 0 means the sandbox itself. Frames with small letters are a stream's, and carry its number there.
`frames.jsonl` holds examples that both sides' tests replay.
"""

import json
import struct

# Server to daemon, once and first. Payload: JSON {"environment": name}.
HELLO = b'H'
# Server to daemon, instead of HELLO and with the same payload: would a sandbox be made? READY or ERROR, and the end.
PROBE = b'P'
# To the server, first of all and from the daemon itself: what the declaration says, JSON {"network", "hosts",
# "limits"}.
FACTS = b'F'
# To the server: the sandbox is there. Payload: JSON {"sandbox": id}.
READY = b'R'
# To the server: there is no sandbox, or no such terminal. Payload: JSON {"code", "message"}; the codes are below.
ERROR = b'X'
# To init: start a terminal, JSON {"cols", "rows"} in cells. Back: it runs, JSON {"pid"}.
OPEN = b'O'
# Both ways: bytes as typed or drawn.
DATA = b'D'
# Both ways: u32, so many bytes of DATA were taken by whom they were for.
ACK = b'A'
# To init: u16 columns, u16 rows.
RESIZE = b'Z'
# To init: a signal's name without SIG, for the terminal's foreground process group.
SIGNAL = b'S'
# To init: hang the terminal up.
CLOSE = b'C'
# To the server, after the last DATA: JSON {"code": number or null, "signal": name or null, "limit": why the kernel
# has killed it, MEMORY or null}.
EXIT = b'E'
# To the server: the visitor has met a limit, JSON {"limit"}; the names are below.
NOTICE = b'N'

# A stream is one connection that a program inside has made to the proxy. init numbers them.
# To the server: it was made.
STREAM_OPEN = b'o'
# Both ways: bytes, at most STREAM_WINDOW of them without an ACK.
STREAM_DATA = b'd'
# Both ways: u32, so many bytes were taken by whom they were for.
STREAM_ACK = b'a'
# Both ways: no more data comes from this side.
STREAM_END = b'e'
# Both ways, once each and last: this side sends nothing more of any kind. Without an END before, the stream is broken
# off. When both have said it, the number may be used again.
STREAM_CLOSE = b'c'

TYPES = frozenset((
    HELLO, PROBE, FACTS, READY, ERROR, OPEN, DATA, ACK, RESIZE, SIGNAL, CLOSE, EXIT, NOTICE,
    STREAM_OPEN, STREAM_DATA, STREAM_ACK, STREAM_END, STREAM_CLOSE,
))
STREAM_TYPES = frozenset((STREAM_OPEN, STREAM_DATA, STREAM_ACK, STREAM_END, STREAM_CLOSE))

# The codes of an ERROR frame.
UNKNOWN_ENVIRONMENT = 'environment'
FULL = 'full'
BROKEN_PROTOCOL = 'protocol'
FAULT = 'fault'
OUT_OF_MEMORY = 'memory'

# The limits that a NOTICE tells of: a process was killed for memory, a RAM disk is full, no process or thread can be
# made, the processor allowance is used, a program wanted a network that is not there.
MEMORY, DISK, PROCESSES, CPU, NETWORK = 'memory', 'disk', 'processes', 'cpu', 'network'

# The largest payload in bytes; one read of a terminal fits.
MAX_PAYLOAD = 65536

# Bytes of DATA that may be on their way without an ACK, per terminal. Past OUTPUT_WINDOW init stops reading
# the terminal and the process blocks; more than INPUT_WINDOW from the server is a broken protocol.
OUTPUT_WINDOW = 256 * 1024
INPUT_WINDOW = 64 * 1024

# The same for a stream, both ways: more is a broken protocol.
STREAM_WINDOW = 64 * 1024

HEADER = struct.Struct('>IcH')
# How many of the length's bytes are not payload: the type and the terminal.
_OVERHEAD = 3


class BrokenFrame(ValueError):
    """The peer sent what is no frame; nothing after it can be trusted."""


def encode(kind, terminal=0, payload=b''):
    """One frame as bytes. A dict as payload is written as JSON."""
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return HEADER.pack(len(payload) + _OVERHEAD, kind, terminal) + payload


def payload_length(header):
    """The number of payload bytes that follow a header. Raises BrokenFrame."""
    length, kind, _ = HEADER.unpack(header)
    if kind not in TYPES or not _OVERHEAD <= length <= MAX_PAYLOAD + _OVERHEAD:
        raise BrokenFrame(f'length {length}, type {kind!r}')
    return length - _OVERHEAD


class Decoder:
    """Cuts a stream of bytes into frames; holds at most one unfinished frame beyond what it is fed."""

    def __init__(self):
        self._pending = bytearray()

    def feed(self, data):
        """Yields (type, terminal, payload) for every frame that is complete now. Raises BrokenFrame."""
        self._pending += data
        while len(self._pending) >= HEADER.size:
            end = HEADER.size + payload_length(self._pending[: HEADER.size])
            if len(self._pending) < end:
                return
            _, kind, terminal = HEADER.unpack_from(self._pending)
            payload = bytes(self._pending[HEADER.size : end])
            del self._pending[:end]
            yield kind, terminal, payload
