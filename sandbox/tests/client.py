"""A console server in small: speaks the frames of one sandbox, and uses its terminals as a person would."""

import collections
import json
import re
import socket
import struct
import time

from sandbox import wire

from .attacks import line_for, result_in
from .harness import DEADLINE_S
from .terminal import BASH_PROMPT, FIRST_PROMPT, Terminal

# What a terminal answers to the question where its cursor is.
_CURSOR_QUERY, _CURSOR_ANSWER = b'\x1b[6n', b'\x1b[1;1R'


class Ended(AssertionError):
    """The connection or the terminal has ended where more was expected."""


class Client:
    """One connection, that is one sandbox. Every wait ends in an AssertionError that shows the terminal."""

    def __init__(self, path, environment='ipython', acknowledging=True):
        """acknowledging: whether output is acknowledged as it comes. Says HELLO unless environment is None."""
        self.acknowledging = acknowledging
        # A terminal may speak before a test has looked at it.
        self.terminals = collections.defaultdict(Terminal)
        self.frames = []
        self.ended = False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self._decoder = wire.Decoder()
        if environment is not None:
            self.send(wire.HELLO, 0, {'environment': environment})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, kind, terminal=0, payload=b''):
        try:
            self.socket.sendall(wire.encode(kind, terminal, payload))
        except (BrokenPipeError, ConnectionResetError):
            pass  # one of us has hung up; that all is over is for reading to tell

    def ready(self):
        """Waits for READY. Returns the sandbox's id."""
        return json.loads(self.frame(wire.READY))['sandbox']

    def open(self, terminal=1, cols=200, rows=24):
        """Opens a terminal and waits for its first prompt. Returns itself."""
        self.terminals[terminal] = Terminal()
        self.send(wire.OPEN, terminal, {'cols': cols, 'rows': rows})
        self.frame(wire.OPEN, terminal)
        self.expect(FIRST_PROMPT, terminal, pattern=True)
        return self

    def type(self, keys, terminal=1):
        self.terminals[terminal].mark = len(self.terminals[terminal].output)
        self._feed(keys.encode() if isinstance(keys, str) else keys, terminal)

    def run(self, line, terminal=1, seconds=DEADLINE_S):
        """Types a line and returns what it has brought, up to the next prompt."""
        number = self.terminals[terminal].prompts()
        self.type(line + '\r', terminal)
        if number == 0:
            return self.expect(BASH_PROMPT, terminal, seconds, pattern=True)
        return self.expect(f'In [{number + 1}]: ', terminal, seconds)

    def call(self, function, *arguments, terminal=1, seconds=DEADLINE_S):
        """Runs a function of the tests inside, in the visitor's own IPython, and returns what it returns.

        The function imports what it needs; what it is given and returns passes through JSON.
        Raises AssertionError with the traceback where it raises.
        """
        shown = self.run(line_for(function, arguments), terminal, seconds)
        return result_in(shown)

    def start(self, function):
        """Runs a function inside as call() does, and does not wait for anything."""
        self.type(line_for(function, ()) + '\r')

    def expect(self, text, terminal=1, seconds=DEADLINE_S, pattern=False):
        """Waits until a text, or what a pattern matches, is there without its escapes. Returns what there is."""
        matches = re.compile(text if pattern else re.escape(text)).search
        self._until(lambda: matches(self.terminals[terminal].text()), seconds, f'{text!r}', terminal)
        return self.terminals[terminal].text()

    def frame(self, kind, terminal=0, seconds=DEADLINE_S):
        """Waits for a frame that is not DATA or ACK, takes it and returns its payload."""

        def found():
            return next((frame for frame in self.frames if frame[:2] == (kind, terminal)), None)

        self._until(found, seconds, f'frame {kind} of terminal {terminal}')
        self.frames.remove(taken := found())
        return taken[2]

    def exit(self, terminal=1):
        """Waits for the end of a terminal. Returns (code, signal)."""
        status = json.loads(self.frame(wire.EXIT, terminal))
        return status['code'], status['signal']

    def resize(self, cols, rows, terminal=1):
        self.send(wire.RESIZE, terminal, struct.pack('>HH', cols, rows))

    def acknowledge(self, count, terminal=1):
        self.send(wire.ACK, terminal, struct.pack('>I', count))

    def end(self, seconds=DEADLINE_S):
        """Waits for the other side's end of file."""
        self._until(lambda: self.ended, seconds, 'the end of the connection')

    def hang_up(self):
        """Ends the sandbox, and waits until the daemon says that nothing is left."""
        self.socket.shutdown(socket.SHUT_WR)
        self.end()

    def close(self):
        self.socket.close()

    def pump(self, seconds):
        """Takes what comes for so long, or until nothing more can come."""
        try:
            self._until(lambda: self.ended, seconds, '')
        except AssertionError:
            pass

    def _until(self, check, seconds, what, terminal=None):
        """terminal: the one whose end makes waiting vain."""
        deadline = time.monotonic() + seconds
        while not check():
            left = deadline - time.monotonic()
            ended = self.ended or any(frame[:2] == (wire.EXIT, terminal) for frame in self.frames)
            if ended or left <= 0:
                shown = {number: each.text()[-2000:] for number, each in self.terminals.items()}
                raise (Ended if ended else AssertionError)(f'no {what}; frames {self.frames}; terminals {shown}')
            self.socket.settimeout(left)
            try:
                self._take(self.socket.recv(65536))
            except TimeoutError:
                pass
            except ConnectionResetError:
                self.ended = True

    def _take(self, data):
        self.ended = self.ended or not data
        for kind, number, payload in self._decoder.feed(data):
            if kind == wire.DATA:
                self._draw(number, payload)
            elif kind == wire.ACK:
                self.terminals[number].accepted += struct.unpack('>I', payload)[0]
            else:
                self.frames.append((kind, number, payload))

    def _draw(self, number, payload):
        terminal = self.terminals[number]
        queries = (terminal.output[-3:] + payload).count(_CURSOR_QUERY)
        terminal.output += payload
        if self.acknowledging:
            self.acknowledge(len(payload), number)
        if queries:
            self._feed(_CURSOR_ANSWER * queries, number)

    def _feed(self, keys, number):
        self.terminals[number].typed += len(keys)
        self.send(wire.DATA, number, keys)
