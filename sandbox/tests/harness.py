"""Starts a real daemon for a module of tests, and waits for what is to come, always with a deadline."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from sandbox import slots

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = '/usr/bin/python3'
IMAGES = Path('/var/lib/try-console/images')
USER = 'try-console'

# Seconds; generous, since the machine may be busy with something else.
DEADLINE_S = 10
_POLL_S = 0.01


def eventually(check, seconds=DEADLINE_S):
    """Polls until check() is true, and returns what it returned last; the caller asserts on it."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found or time.monotonic() > end:
            return found
        time.sleep(_POLL_S)


class Daemon:
    """A daemon of our own, beside any other on this host: its socket is in a temporary folder."""

    def __init__(
        self, slots=4, arguments=(), socket=None, umask=0o022, environments=('ipython',), code=REPOSITORY, groups=None,
    ):
        """arguments: more of the command line. socket: another than a fresh one in a temporary folder.

        environments: the names of those that it serves; their images must be there. code: the folder that holds the
        package to run. groups: what other groups it is in.
        """
        self.code = code
        self._groups = groups
        self._temporary = tempfile.mkdtemp(prefix='sandbox-test-')
        # The server's user must reach the socket.
        os.chmod(self._temporary, 0o755)
        self.socket = socket or f'{self._temporary}/sandbox.sock'
        self.slots = slots
        self._arguments = (*arguments, *environments)
        self._umask = umask
        self._log = Path(self._temporary) / 'log'
        self.process = None

    def start(self, seconds=DEADLINE_S):
        """Returns itself once it serves. Where it does not, nothing of it is left."""
        try:
            self.launch()
            eventually(lambda: self.process.poll() is not None or 'ready' in self.events(), seconds)
            if self.process.poll() is not None or 'ready' not in self.events():
                raise AssertionError(f'the daemon does not serve; exit code {self.process.poll()}:\n{self.output()}')
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self, output=None):
        """Starts the process, and does not wait for anything. output: where its log goes; to be read here if None."""
        command = [PYTHON, '-m', 'sandbox', 'serve', '--socket', self.socket, '--user', USER]
        command += ['--slots', str(self.slots), *self._arguments]
        with open(self._log, 'w') as log:
            self.process = subprocess.Popen(
                command, cwd=self.code, stdin=subprocess.DEVNULL, stdout=output or log, stderr=log, umask=self._umask,
                extra_groups=self._groups,
            )

    def wait(self):
        """Its exit code, once it has ended by itself."""
        return self.process.wait(DEADLINE_S)

    def stop(self):
        """The polite end. Returns the exit code, None where it was never launched. Nothing of it is left."""
        try:
            if self.process:
                self.process.terminate()
                return self.process.wait(DEADLINE_S)
        finally:
            if self.process:
                self.kill()
            shutil.rmtree(self._temporary, ignore_errors=True)

    def kill(self):
        """The other end, which it cannot do anything about."""
        self.process.kill()
        self.process.wait()

    def output(self):
        return self._log.read_text()

    def log(self):
        """What it has logged, as dicts; other lines are left out."""
        return [json.loads(line) for line in self.output().splitlines() if line.startswith('{') and line.endswith('}')]

    def events(self):
        return [entry['event'] for entry in self.log()]

    @property
    def pid(self):
        return self.process.pid

    @property
    def template_pid(self):
        """The pid of the template that serves now."""
        return [entry['pid'] for entry in self.log() if entry['event'] == 'template ready'][-1]

    @property
    def range(self):
        """The number of its range of user ids, by the lock that it holds."""
        for link in Path(f'/proc/{self.pid}/fd').iterdir():
            try:
                number = re.search(rf'/{slots.RANGE_PREFIX}(\d+)\.lock$', os.readlink(link))
            except FileNotFoundError:
                continue  # closed since it was listed
            if number:
                return int(number[1])
        raise AssertionError('the daemon holds no range of user ids')
