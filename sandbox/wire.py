"""The frames between the console server and a sandbox: the daemon reads the first one, init all others.

A frame is: u32 length of the rest (big endian), u8 type (an ASCII letter), u16 terminal, payload.
Terminal 0 means the sandbox itself. `frames.jsonl` holds examples that both sides' tests replay.
"""

import json
import struct

# Server to daemon, once and first. Payload: JSON {"environment": name}.
HELLO = b'H'
# Server to daemon, instead of HELLO and with the same payload: would a sandbox be made? READY or ERROR, and the end.
PROBE = b'P'
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
# To the server, after the last DATA: JSON {"code": number or null, "signal": name or null}.
EXIT = b'E'

TYPES = frozenset((HELLO, PROBE, READY, ERROR, OPEN, DATA, ACK, RESIZE, SIGNAL, CLOSE, EXIT))

# The codes of an ERROR frame.
UNKNOWN_ENVIRONMENT = 'environment'
FULL = 'full'
BROKEN_PROTOCOL = 'protocol'
FAULT = 'fault'

# The largest payload in bytes; one read of a terminal fits.
MAX_PAYLOAD = 65536

# Bytes of DATA that may be on their way without an ACK, per terminal. Past OUTPUT_WINDOW init stops reading
# the terminal and the process blocks; more than INPUT_WINDOW from the server is a broken protocol.
OUTPUT_WINDOW = 256 * 1024
INPUT_WINDOW = 64 * 1024

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
