"""Attacks by way of the terminal: to type for the visitor, to take a terminal away, to wedge it, to speak for it."""

import contextlib
import errno
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios

from attack import Children, got_through, refusal, run, syscall

_TIOCSTI, _TIOCLINUX, _TIOCSCTTY, _TIOCNOTTY, _TIOCSETD, _TIOCCONS = 0x5412, 0x541C, 0x540E, 0x5422, 0x5423, 0x541D
_TIOCGPTPEER, _TIOCPKT, _TIOCSPTLCK, _TIOCGPTN = 0x5441, 0x5420, 0x40045431, 0x80045430


def _tty():
    return os.open(os.ttyname(0), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


def typing_for_the_visitor():
    """Nothing can be put into a terminal's input as if the visitor had typed it."""
    calls = {
        'TIOCSTI': lambda: fcntl.ioctl(_tty(), _TIOCSTI, b'x'),
        'TIOCLINUX': lambda: fcntl.ioctl(_tty(), _TIOCLINUX, b'\2'),
        'TIOCSTI with high bits': lambda: syscall(16, _tty(), _TIOCSTI | 1 << 32, b'x'),
        'TIOCSTI of another': lambda: fcntl.ioctl(os.openpty()[1], _TIOCSTI, b'x'),
    }
    return got_through(calls, 'ENOSYS')


def other_disciplines():
    """No line discipline is loaded, and the host's console is not taken."""
    calls = {f'TIOCSETD {number}': lambda number=number: fcntl.ioctl(_tty(), _TIOCSETD, struct.pack('i', number))
             for number in range(1, 32)}
    calls['TIOCCONS'] = lambda: fcntl.ioctl(os.openpty()[1], _TIOCCONS)
    return got_through(calls, 'ENOSYS')


def the_master_of_ones_terminal():
    """The other side of the visitor's terminal, which init reads, is not to be had."""
    calls = {
        'TIOCGPTPEER': lambda: fcntl.ioctl(_tty(), _TIOCGPTPEER, os.O_RDWR),
        'TIOCPKT': lambda: fcntl.ioctl(_tty(), _TIOCPKT, b'\1\0\0\0'),
        'TIOCGPTN': lambda: fcntl.ioctl(_tty(), _TIOCGPTN, bytes(4)),
        'TIOCSPTLCK': lambda: fcntl.ioctl(_tty(), _TIOCSPTLCK, bytes(4)),
        'init': lambda: os.open('/proc/1/fd/3', os.O_RDWR),
    }
    return got_through(calls, 'ENOTTY', 'EIO', 'ENOENT', 'ENOSYS', 'EINVAL')


def a_terminal_that_is_another_session_s():
    """A session without a terminal cannot take the visitor's away from theirs."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        errors = [refusal(fcntl.ioctl, _tty(), _TIOCSCTTY, force) for force in (0, 1)]
        errors.append(refusal(os.tcsetpgrp, _tty(), os.getpid()))
        os.write(writing, ' '.join(map(str, errors)).encode())
        os._exit(0)
    os.wait()
    errors = os.read(reading, 100).decode().split()
    return errors if not set(errors) <= {'EPERM', 'ENOTTY'} else None


def groups_that_are_not_ones_own():
    """The terminal's foreground cannot be given to processes of another session, of init's least of all."""
    calls = {f'group {group}': lambda group=group: os.tcsetpgrp(0, group) for group in (1, 999999)}
    return got_through(calls, 'EPERM', 'ESRCH', 'EINVAL')


def stopped_output():
    """Output that was stopped in a raw terminal can be started again, and nobody but its writers has waited."""
    terminal = _tty()
    before = termios.tcgetattr(terminal)
    raw = termios.tcgetattr(terminal)
    raw[0], raw[1], raw[3] = termios.IXON | termios.IXOFF, 0, 0
    try:
        termios.tcsetattr(terminal, termios.TCSANOW, raw)
        termios.tcflow(terminal, termios.TCOOFF)
        blocked = refusal(os.write, terminal, b' ' * 100)
        termios.tcflow(terminal, termios.TCIOFF)
    finally:
        termios.tcflow(terminal, termios.TCOON)
        termios.tcflow(terminal, termios.TCION)
        termios.tcsetattr(terminal, termios.TCSANOW, before)
    return blocked not in (None, 'EAGAIN') and blocked


def modes_that_no_terminal_has():
    """No combination of modes, and none of no sense, ends the terminal."""
    terminal = _tty()
    before = termios.tcgetattr(terminal)
    try:
        for flags in (0, 0xFFFFFFFF, 0x55555555, 0xAAAAAAAA, 0x10000):
            for part in range(4):
                modes = termios.tcgetattr(terminal)
                modes[part] = flags
                with contextlib.suppress(termios.error):
                    termios.tcsetattr(terminal, termios.TCSANOW, modes)
        return None if os.isatty(terminal) else 'ended'
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
        termios.tcflush(terminal, termios.TCIFLUSH)


def sizes_in_a_loop():
    """A terminal's size that is set without end costs whoever sets it alone."""
    terminal = _tty()
    before = fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8))
    signal.signal(signal.SIGWINCH, signal.SIG_IGN)
    for number in range(5000):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('4H', number & 0xFFFF, 0xFFFF - number, 0xFFFF, 0))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, before)
    return fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)) != before


def a_terminal_whose_end_is_held():
    """A child that holds a terminal's other end keeps nobody waiting but who writes to it."""
    with Children() as children:
        master, slave = os.openpty()
        children.fork()
        os.close(master)
        os.set_blocking(slave, False)
        return refusal(os.write, slave, b'x' * 65536) not in (None, 'EAGAIN')


def hung_up_by_force():
    """A terminal cannot be hung up by a process that has no right to."""
    calls = {'vhangup': lambda: syscall(153), 'TIOCVHANGUP': lambda: fcntl.ioctl(_tty(), 0x5437)}
    return got_through(calls, 'ENOSYS', 'EPERM')


def nested_terminals():
    """A terminal in a terminal in a terminal ends with the innermost program."""
    command = ['script', '-qc', "script -qc 'echo innermost' /dev/null", '/dev/null']
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
    return b'innermost' not in done.stdout and done.stdout


def as_many_sessions_as_there_are_processes():
    """Sessions that each want the same terminal leave it with whose it is."""
    with Children() as children:
        for _ in range(20):
            children.fork(lambda: (os.setsid(), refusal(fcntl.ioctl, _tty(), _TIOCSCTTY, 1), signal.pause()))
        return os.tcgetpgrp(0) != os.getpgrp() and os.tcgetpgrp(0)


def a_shell_of_ones_own():
    """A pseudo terminal of one's own works, and is the only one that is seen by who is started on it."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv('/bin/sh', ['sh', '-c', 'tty; exit 3'])
    said = b''
    try:
        while part := os.read(master, 1000):
            said += part
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    _, status = os.waitpid(pid, 0)
    return (b'/dev/pts/' not in said or os.waitstatus_to_exitcode(status) != 3) and said


if __name__ == '__main__':
    run(globals())
