"""One pseudo terminal inside a sandbox, and the process that leads it. Descriptors are plain numbers: forks inherit."""

import contextlib
import fcntl
import os
import signal
import struct
import termios
import traceback

from . import jail, wire

# One read of a terminal, in bytes: the line discipline gives no more at once.
READ_BYTES = 4096

# The exit code of a process that could not be started (EX_SOFTWARE of sysexits.h).
EXIT_FAULT = 70


class Terminal:
    """A terminal of so many cells, with a fork of this process as its leader: the visitor's.

    shell: what the fork runs, an Interpreter or a Command. program: its system call filter. lifeline: where it tells
    why it failed to start. channel: descriptor of a socket, through which it gives the filter's listener.
    Raises OSError where the sandbox has no pseudo terminal, process or descriptor left.
    """

    def __init__(self, cols, rows, shell, program, lifeline, channel):
        self.input = bytearray()
        # Bytes of output that the server has not acknowledged.
        self.unacknowledged = 0
        # The slave is kept open, or the master would report a hang-up without end once the visitor's process has
        # closed it.
        self.master, self._slave = os.openpty()
        try:
            self.resize(cols, rows)
            self.pid = os.fork()
        except OSError:
            self.close()
            raise
        if self.pid == 0:
            _lead(self._slave, shell, program, lifeline, channel)
        os.set_blocking(self.master, False)

    @property
    def may_read(self):
        return self.unacknowledged < wire.OUTPUT_WINDOW

    def read(self):
        """Takes what the terminal holds, at most one frame of it. A single read gives 4 KB at the most."""
        data = bytearray()
        try:
            while len(data) <= wire.MAX_PAYLOAD - READ_BYTES:
                data += os.read(self.master, READ_BYTES)
        except BlockingIOError:
            pass
        self.unacknowledged += len(data)
        return data

    def type(self, keys):
        """Takes what was typed. Returns the number of bytes that were thrown away for it.

        An interrupt throws away what was typed before it, as a terminal does; but the line discipline sees it only
        when there is room for it, which a busy program after a large paste does not make.
        """
        _, _, _, local, _, _, control = termios.tcgetattr(self.master)
        at = keys.rfind(control[termios.VINTR])
        if at < 0 or not local & termios.ISIG or local & termios.NOFLSH:
            self.input += keys
            return 0
        thrown_away = len(self.input) + at
        self.input[:] = keys[at:]
        # What lies between master and slave, and what the slave has not been asked for.
        termios.tcflush(self.master, termios.TCOFLUSH)
        termios.tcflush(self._slave, termios.TCIFLUSH)
        return thrown_away

    def write(self):
        """Types what waits in `input`, as far as the terminal takes it. Returns the number of bytes."""
        try:
            written = os.write(self.master, self.input)
        except BlockingIOError:
            return 0
        del self.input[:written]
        return written

    def resize(self, cols, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('4H', rows, cols, 0, 0))

    def signal(self, name):
        """Signals the foreground process group. name: without SIG."""
        # 0 where the visitor has given the terminal up, and it would be init's own group.
        if group := os.tcgetpgrp(self.master):
            # They may have given the foreground to a group that has ended since.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, getattr(signal, f'SIG{name}'))

    def hang_up(self):
        os.kill(self.pid, signal.SIGHUP)

    def close(self):
        os.close(self._slave)
        os.close(self.master)


def _lead(slave, shell, program, lifeline, channel):
    """In the fork: becomes the visitor's process. Never returns."""
    code = EXIT_FAULT
    try:
        signal.set_wakeup_fd(-1)
        try:
            jail.become_user(slave, lifeline, program, channel)
            shell.start()
        except BaseException:
            # Ours to mend, so the daemon's log gets it, and not the visitor.
            os.write(lifeline, traceback.format_exc()[-4000:].encode())
            raise
        jail.let_go(lifeline)
        code = shell.run()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    finally:
        os._exit(code)
