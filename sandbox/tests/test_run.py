"""`python3 -m sandbox run`: a sandboxed prompt in one's own terminal, and nothing left of it afterwards."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

from sandbox import environment, image

from . import host
from .harness import DEADLINE_S, IMAGES, PYTHON, REPOSITORY, eventually
from .terminal import Terminal


class Shell:
    """The command on a pseudo terminal of 100 columns, as in a window of an operator's."""

    def __init__(self, *arguments):
        self.master, slave = pty.openpty()
        self.resize(100, 30)
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [PYTHON, '-m', 'sandbox', 'run', *arguments], cwd=REPOSITORY, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.slave = slave
        self.terminal = Terminal()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.slave)
        os.close(self.master)

    def resize(self, cols, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('4H', rows, cols, 0, 0))

    def type(self, keys):
        self.terminal.mark = len(self.terminal.output)
        os.write(self.master, keys.encode())

    def expect(self, pattern):
        end = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.terminal.text())):
            left = end - time.monotonic()
            if left < 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f'no {pattern!r} in {self.terminal.text()!r}')
            data = os.read(self.master, 65536)
            self.terminal.output += data
            # What a terminal answers to the question where its cursor is.
            os.write(self.master, b'\x1b[1;1R' * data.count(b'\x1b[6n'))
        return found

    def exit_code(self):
        self.process.wait(DEADLINE_S)
        return self.process.returncode


class Run(unittest.TestCase):
    def setUp(self):
        self.before = host.daemons()

    def tearDown(self):
        self.assertTrue(eventually(lambda: not host.daemons() - self.before), host.daemons() - self.before)

    def test_it_gives_a_prompt_of_the_terminals_size(self):
        with Shell() as shell:
            shell.expect(r'In \[1\]: ')
            shell.type('import os; os.getuid(), *os.get_terminal_size()\r')
            shell.expect(r'\(1000, 100, 30\)')

    def test_the_exit_code_is_passed_on_and_the_terminal_is_as_it_was(self):
        with Shell('bash') as shell:
            shell.expect(r'\$ ')
            shell.type('exit 3\r')
            self.assertEqual(shell.exit_code(), 3)
            self.assertEqual(termios.tcgetattr(shell.slave), shell.before)

    def test_it_follows_the_size_of_the_terminal(self):
        with Shell() as shell:
            shell.expect(r'In \[1\]: ')
            shell.resize(70, 20)

            def told():
                shell.type('import os; os.get_terminal_size()\r')
                return shell.expect(r'columns=(\d+)')[1] == '70'

            self.assertTrue(eventually(told))

    def test_ctrl_c_is_for_the_program_inside(self):
        with Shell() as shell:
            shell.expect(r'In \[1\]: ')
            shell.type('print("lo" + "oping"); exec("while True: pass")\r')
            shell.expect('looping')
            shell.type('\x03')
            shell.expect('KeyboardInterrupt')

    def test_a_signal_is_told_and_is_the_exit_code_as_in_a_shell(self):
        with Shell() as shell:
            shell.expect(r'In \[1\]: ')
            shell.type('import os; os.kill(os.getpid(), 15)\r')
            shell.expect(r'\[stopped by SIGTERM\]')
            self.assertEqual(shell.exit_code(), 128 + signal.SIGTERM)

    def test_out_of_memory_is_told_with_the_limit(self):
        with Shell() as shell:
            shell.expect(r'In \[1\]: ')
            shell.type('x = b"x" * (300 << 20)\r')
            shell.expect(r'\[killed: out of memory \(256 MB\)\]')
            self.assertEqual(shell.exit_code(), 128 + signal.SIGKILL)

    def test_killed_it_leaves_nothing(self):
        before = folders()
        with Shell() as shell:
            shell.expect(r'In \[1\]: ')
            shell.process.kill()
            shell.process.wait()
            self.tearDown()
        self.assertEqual(folders() - before, set())

    def test_what_keeps_an_environment_from_starting_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, 'wrong.toml').write_text('base = "ipython"\nimports = ["nowhere_to_be_found"]\n')
            images = Path(folder, 'images')
            images.mkdir()
            os.symlink(image.path_of(environment.load('ipython'), IMAGES), images / 'wrong')
            os.chmod(folder, 0o755)
            with Shell('wrong', '--environments-folder', folder, '--images', str(images)) as shell:
                shell.expect("No module named 'nowhere_to_be_found'")
                self.assertEqual(shell.exit_code(), 1)

    def test_without_a_terminal_it_says_so(self):
        command = [PYTHON, '-m', 'sandbox', 'run']
        done = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn('there is no terminal here', done.stderr)

    def test_an_environment_that_is_not_there_is_told_with_those_that_are(self):
        with Shell('nowhere') as shell:
            shell.expect(r"no environment 'nowhere'.*ipython")
            self.assertEqual(shell.exit_code(), 1)


def folders():
    """What `run` may have left in the folder for temporary files."""
    return set(Path(tempfile.gettempdir()).glob('try-console-run-*'))
