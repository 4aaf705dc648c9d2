"""Pid 1 of a sandbox: serves terminals to the console server on one connection, and reaps.

It holds no secret and no right on the host. It ends when the connection or the daemon's lifeline does, and the
kernel then kills everything else in the sandbox. The visitor's processes are another user inside: they can neither
signal nor trace it.
"""

import json
import os
import select
import signal
import struct

from . import wire
from .terminal import Terminal

# One read of the connection, in bytes.
RECEIVE_BYTES = 65536

# Output waits for the connection up to here, in bytes; then no terminal is read. With the terminals' windows it
# bounds what init can come to hold.
OUTBOX_BYTES = 256 * 1024


class Init:
    """The event loop.

    connection: descriptor of the stream to the console server. lifeline: descriptor of the socket to the daemon.
    interpreter: what a terminal runs. program: the visitor's system call filter. limits: [limits] as a dict.
    """

    def __init__(self, connection, lifeline, interpreter, program, limits):
        self._connection = connection
        self._lifeline = lifeline
        self._interpreter = interpreter
        self._program = program
        self._limits = limits
        self._decoder = wire.Decoder()
        self._terminals = {}
        self._outbox = bytearray()

    def run(self, sandbox):
        """Serves until the end of the connection or the lifeline. sandbox: the id that READY tells.

        Raises wire.BrokenFrame where the server breaks the protocol; nothing it says then can be trusted.
        """
        children = _watch_children()
        os.set_blocking(self._connection, False)
        os.write(self._lifeline, b'ready')
        self._send(wire.READY, 0, {'sandbox': sandbox})
        while True:
            ready = self._wait(children)
            if self._lifeline in ready:
                return
            if ready.get(self._connection, 0) & ~select.POLLOUT and not self._receive():
                return
            for number, terminal in self._terminals.items():
                self._relay(number, terminal, ready.get(terminal.master, 0))
            if children in ready:
                os.read(children, RECEIVE_BYTES)
                self._reap()
            self._flush()

    def _wait(self, children):
        """Returns {descriptor: poll events} once something can be done."""
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        poll.register(children, select.POLLIN)
        poll.register(self._connection, select.POLLIN | (select.POLLOUT if self._outbox else 0))
        for terminal in self._terminals.values():
            events = select.POLLOUT if terminal.input else 0
            if terminal.may_read and len(self._outbox) < OUTBOX_BYTES:
                events |= select.POLLIN
            poll.register(terminal.master, events)
        return dict(poll.poll())

    def _receive(self):
        """Takes what the server sent. False at the end of the connection."""
        try:
            data = os.read(self._connection, RECEIVE_BYTES)
        except BlockingIOError:
            return True
        for kind, number, payload in self._decoder.feed(data):
            self._handle(kind, number, payload)
        return bool(data)

    def _handle(self, kind, number, payload):
        terminal = self._terminals.get(number)
        if kind == wire.OPEN:
            self._open(number, json.loads(payload))
        elif terminal is None:
            pass  # the server wrote while the terminal was ending
        elif kind == wire.DATA:
            if thrown_away := terminal.type(payload):
                self._send(wire.ACK, number, struct.pack('>I', thrown_away))
            if len(terminal.input) > wire.INPUT_WINDOW:
                raise wire.BrokenFrame(f'{len(terminal.input)} bytes of input wait in terminal {number}')
        elif kind == wire.ACK:
            terminal.unacknowledged -= struct.unpack('>I', payload)[0]
        elif kind == wire.RESIZE:
            terminal.resize(*struct.unpack('>HH', payload))
        elif kind == wire.SIGNAL:
            terminal.signal(payload.decode())
        elif kind == wire.CLOSE:
            terminal.hang_up()

    def _open(self, number, size):
        if number in self._terminals or len(self._terminals) >= self._limits['terminals']:
            raise wire.BrokenFrame(f'terminal {number} cannot be opened beside {sorted(self._terminals)}')
        try:
            terminal = Terminal(size['cols'], size['rows'], self._interpreter, self._program, self._lifeline)
        except OSError as error:
            # The visitor has used up the processes, pseudo terminals or descriptors.
            return self._send(wire.ERROR, number, {'code': wire.FULL, 'message': str(error)})
        self._terminals[number] = terminal
        self._send(wire.OPEN, number, {'pid': terminal.pid})

    def _relay(self, number, terminal, events):
        if events & select.POLLOUT and (written := terminal.write()):
            self._send(wire.ACK, number, struct.pack('>I', written))
        if events & select.POLLIN:
            self._send(wire.DATA, number, terminal.read())

    def _reap(self):
        """Collects the ended. A terminal is over when its leader is, even if a child still holds it open."""
        leaders = {terminal.pid: number for number, terminal in self._terminals.items()}
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] in leaders:
                    self._end(leaders[ended[0]], os.waitstatus_to_exitcode(ended[1]))
        except ChildProcessError:
            pass  # there is no child any more

    def _end(self, number, code):
        terminal = self._terminals.pop(number)
        # The last words: a pty holds less than a frame of them, and a child that goes on writing gets no more.
        self._send(wire.DATA, number, terminal.read())
        terminal.close()
        name = signal.Signals(-code).name.removeprefix('SIG') if code < 0 else None
        self._send(wire.EXIT, number, {'code': code if code >= 0 else None, 'signal': name})

    def _send(self, kind, number, payload):
        self._outbox += wire.encode(kind, number, payload)

    def _flush(self):
        try:
            while self._outbox:
                del self._outbox[: os.write(self._connection, self._outbox)]
        except BlockingIOError:
            pass


def _watch_children():
    """Returns a descriptor that becomes readable when a child ends."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return reading
