"""Pid 1 of a sandbox: serves terminals to the console server on one connection, and reaps.

It holds no secret and no right on the host. It ends when the connection or the daemon's lifeline does, and the
kernel then kills everything else in the sandbox. The visitor's processes are another user inside: they can neither
signal nor trace it.
"""

import json
import os
import select
import signal
import socket
import struct

from . import lifeline as words
from . import wire
from .notices import Notices
from .offline import Refusals
from .outbox import Outbox
from .relay import Relay
from .terminal import Terminal

# One read of the connection, in bytes.
RECEIVE_BYTES = 65536


class Init:
    """The event loop.

    connection: descriptor of the stream to the console server. lifeline: descriptor of the socket to the daemon.
    shell: what a terminal runs. program: the visitor's system call filter. limits: [limits] as a dict.
    listener: the proxy's socket, or None.
    """

    def __init__(self, connection, lifeline, shell, program, limits, listener):
        self._connection = connection
        self._lifeline = lifeline
        self._shell = shell
        self._program = program
        self._limits = limits
        self._decoder = wire.Decoder()
        self._terminals = {}
        self._outbox = Outbox(connection)
        self._notices = Notices(lifeline, lambda limit: self._send(wire.NOTICE, 0, {'limit': limit}))
        self._refusals = Refusals(lambda: self._notices.tell(wire.NETWORK))
        self._relay = Relay(listener, limits, self._outbox)

    def run(self, sandbox):
        """Serves until the end of the connection or the lifeline. sandbox: the id that READY tells.

        Raises wire.BrokenFrame where the server breaks the protocol; nothing it says then can be trusted.
        """
        children = _watch_children()
        os.set_blocking(self._connection, False)
        os.write(self._lifeline, words.READY)
        self._send(wire.READY, 0, {'sandbox': sandbox})
        while True:
            ready = self._wait(children)
            if self._lifeline in ready and not self._notices.hear():
                return
            if ready.get(self._connection, 0) & ~select.POLLOUT and not self._receive():
                return
            for number, terminal in self._terminals.items():
                self._serve_terminal(number, terminal, ready.get(terminal.master, 0))
            if children in ready:
                os.read(children, RECEIVE_BYTES)
                self._reap()
            self._refusals.serve(ready)
            self._notices.look_if_due()
            self._relay.serve(ready)
            self._outbox.flush()

    def _wait(self, children):
        """Returns {descriptor: poll events} once something can be done."""
        poll = select.poll()
        poll.register(self._lifeline, select.POLLIN)
        poll.register(children, select.POLLIN)
        poll.register(self._connection, select.POLLIN | (select.POLLOUT if self._outbox else 0))
        for terminal in self._terminals.values():
            events = select.POLLOUT if terminal.input else 0
            if terminal.may_read and self._outbox.takes_terminals:
                events |= select.POLLIN
            poll.register(terminal.master, events)
        self._relay.register(poll)
        self._refusals.register(poll)
        return dict(poll.poll(self._notices.timeout_ms()))

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
        if kind in wire.STREAM_TYPES:
            return self._relay.take(kind, number, payload)
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
            ours, theirs = socket.socketpair()
            self._refusals.expect(ours)
            with theirs:
                terminal = Terminal(
                    size['cols'], size['rows'], self._shell, self._program, self._lifeline, theirs.fileno(),
                )
        except OSError as error:
            # The visitor has used up the processes, pseudo terminals or descriptors.
            self._notices.saw_activity()
            return self._send(wire.ERROR, number, {'code': wire.FULL, 'message': str(error)})
        self._terminals[number] = terminal
        self._send(wire.OPEN, number, {'pid': terminal.pid})

    def _serve_terminal(self, number, terminal, events):
        if events & select.POLLOUT and (written := terminal.write()):
            self._send(wire.ACK, number, struct.pack('>I', written))
        if events & select.POLLIN:
            self._send(wire.DATA, number, terminal.read())
            self._notices.saw_activity()

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
        if code == -signal.SIGKILL:
            self._notices.ask(lambda killed: self._tell_end(number, terminal, code, wire.MEMORY if killed else None))
        else:
            self._tell_end(number, terminal, code, None)

    def _tell_end(self, number, terminal, code, limit):
        # The last words: a pty holds less than a frame of them, and a child that goes on writing gets no more.
        self._send(wire.DATA, number, terminal.read())
        terminal.close()
        name = signal.Signals(-code).name.removeprefix('SIG') if code < 0 else None
        self._send(wire.EXIT, number, {'code': code if code >= 0 else None, 'signal': name, 'limit': limit})

    def _send(self, kind, number, payload):
        self._outbox.add(wire.encode(kind, number, payload))


def _watch_children():
    """Returns a descriptor that becomes readable when a child ends."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return reading
