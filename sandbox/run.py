"""A sandboxed prompt in one's own terminal: a daemon for one sandbox, and the client that a console server is else."""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import tty

from . import wire

TERMINAL = 1

READ_BYTES = 16 * 1024

# What is said of a limit that was met; {} is filled from the declaration's [limits].
_NOTICES = {
    wire.MEMORY: 'killed: out of memory ({memory_mb} MB)',
    wire.DISK: 'disk full',
    wire.PROCESSES: 'too many processes ({processes})',
    wire.CPU: 'slow lane: CPU allowance used',
    wire.NETWORK: 'this sandbox has no network',
}

# As shells tell a program's end by a signal.
_SIGNAL_CODES = 128


def run(name, options):
    """Runs until the program ends or the sandbox does. Returns its exit code, 128 and more for a signal.

    name: the environment's. options: of `serve`, which the daemon gets. Raises RuntimeError where there is no
    terminal or no sandbox is made, with the daemon's reason.
    """
    if not os.isatty(0) or not os.isatty(1):
        raise RuntimeError('there is no terminal here; run it in one, or use `serve` and its socket')
    with _daemon(name, options) as connection:
        connection.sendall(wire.encode(wire.HELLO, 0, {'environment': name}))
        return _Prompt(connection).serve()


@contextlib.contextmanager
def _daemon(name, options):
    folder = tempfile.TemporaryDirectory(prefix='try-console-run-')
    path = f'{folder.name}/sandbox.sock'
    command = [sys.executable, '-m', __package__, 'serve', '--socket', path, '--user', 'root', '--slots', '1']
    # It is to end however we do. Its session is its own: Ctrl-C is for the program inside.
    process = subprocess.Popen(
        ['setpriv', '--pdeathsig', 'TERM', *command, *options, name],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )
    try:
        with folder, socket.socket(socket.AF_UNIX) as connection:
            _wait_until_ready(process.stdout)
            connection.connect(path)
            # From here on nothing is left of us in any folder, however this ends.
            folder.cleanup()
            yield connection
    finally:
        process.terminate()
        process.stdout.close()
        process.wait()


def _wait_until_ready(log):
    """Reads the daemon's log. Raises RuntimeError with its words where it cannot serve."""
    for line in log:
        event = json.loads(line) if line.startswith('{') else {'event': 'refused', 'error': line}
        if event['event'] == 'ready':
            return
        if event['event'] in ('refused', 'template failed'):
            raise RuntimeError(f'no sandbox can be made: {event["error"].strip()}')
    raise RuntimeError('no sandbox can be made: the daemon has ended without a word')


class _Prompt:
    """Relays between this process's terminal and terminal 1 of a sandbox."""

    def __init__(self, connection):
        self._connection = connection
        self._decoder = wire.Decoder()
        self._facts = None
        # Bytes of input that the program has not taken.
        self._untaken = 0
        self._code = None

    def serve(self):
        before = termios.tcgetattr(0)
        waker, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGWINCH, lambda *_: None)
        try:
            tty.setraw(0)
            while self._code is None:
                self._relay(waker)
            return self._code
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, before)

    def _relay(self, waker):
        # More input than the window holds would be a broken protocol; it waits in our own terminal.
        wanted = [self._connection, waker, *([0] if self._untaken <= wire.INPUT_WINDOW - READ_BYTES else [])]
        ready, _, _ = select.select(wanted, [], [])
        if self._connection in ready:
            data = self._connection.recv(wire.MAX_PAYLOAD)
            for kind, number, payload in self._decoder.feed(data):
                self._take(kind, number, payload)
            if not data and self._code is None:
                raise RuntimeError('the sandbox has gone; the daemon\'s log is only seen with `serve`')
        if waker in ready:
            os.read(waker, READ_BYTES)
            self._send(wire.RESIZE, struct.pack('>HH', *_size()))
        if 0 in ready and self._code is None:
            keys = os.read(0, READ_BYTES)
            self._untaken += len(keys)
            self._send(wire.DATA, keys) if keys else self._send(wire.CLOSE)

    def _take(self, kind, number, payload):
        if kind == wire.FACTS:
            self._facts = json.loads(payload)
            if self._facts['hosts']:
                self._say('the declared hosts are reached through a console server alone, and not from here')
        elif kind == wire.READY:
            cols, rows = _size()
            self._send(wire.OPEN, {'cols': cols, 'rows': rows})
        elif kind == wire.DATA:
            _write(payload)
            self._send(wire.ACK, struct.pack('>I', len(payload)))
        elif kind == wire.ACK:
            self._untaken -= struct.unpack('>I', payload)[0]
        elif kind == wire.STREAM_OPEN:
            # The proxy is the console server's.
            self._connection.sendall(wire.encode(wire.STREAM_CLOSE, number))
        elif kind == wire.NOTICE:
            self._say(_NOTICES[json.loads(payload)['limit']].format(**self._facts['limits']))
        elif kind == wire.ERROR:
            raise RuntimeError('no sandbox was made: {message}'.format(**json.loads(payload)))
        elif kind == wire.EXIT:
            self._end(json.loads(payload))

    def _end(self, status):
        self._code = status['code']
        if status['signal'] is not None:
            name = f'SIG{status["signal"]}'
            self._say(f'stopped by {name}')
            self._code = _SIGNAL_CODES + signal.Signals[name]

    def _say(self, sentence):
        _write(f'\r\n[{sentence}]\r\n'.encode())

    def _send(self, kind, payload=b''):
        self._connection.sendall(wire.encode(kind, TERMINAL, payload))


def _size():
    """Columns and rows of our own terminal."""
    rows, cols = struct.unpack('4H', fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))[:2]
    return cols or 80, rows or 24


def _write(data):
    while data:
        data = data[os.write(1, data) :]
