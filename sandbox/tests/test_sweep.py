"""What a killed daemon of another range left: the next one ends and removes it, or goes on without."""

import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from sandbox import cgroups, hierarchies, linux, slots

from .client import Client
from .harness import DEADLINE_S, Daemon

# The last range: no daemon has it before all others are taken.
NUMBER = slots.RANGES - 1
NAME = f'{slots.RANGE_PREFIX}{NUMBER}'


class Sweep(unittest.TestCase):
    def setUp(self):
        lock = slots.try_lock(NUMBER)
        self.assertIsNotNone(lock, f'a living daemon has range {NUMBER}')
        os.close(lock)
        self.sleeping = subprocess.Popen(['sleep', '1000'])
        self.folder = slots.FOLDER / NAME

    def leave(self):
        """Leaves a folder and a group in each hierarchy as a killed daemon does, with a process. Returns the groups."""
        self.addCleanup(self.remove_all)
        # Runs before that: groups are removed once nobody is in them.
        self.addCleanup(self.sleeping.wait)
        self.addCleanup(self.sleeping.kill)
        self.folder.mkdir()
        (self.folder / 'ipython').mkdir()
        place = self.enterContext(tempfile.TemporaryDirectory())
        self.addCleanup(linux.umount_if_mounted, place)
        groups = hierarchies.detect(NAME, Path(place))
        groups.prepare()
        group = groups.group('slot-0')
        self.addCleanup(os.close, group.events)
        group.attach(self.sleeping.pid)
        return self.left()

    def left(self):
        """The folders that the range has in all hierarchies."""
        return hierarchies.leftovers(slots.RANGE_PATTERN).get(NAME, [])

    def remove_all(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in self.left():
            for below in (*folder.glob('*/*/'), *folder.glob('*/'), folder):
                below.rmdir()

    def start(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        return daemon.start(cgroups.REMOVE_DEADLINE_S + DEADLINE_S)

    def test_a_daemon_ends_what_another_left_and_removes_its_groups_and_its_folder(self):
        self.leave()
        self.start()
        self.assertEqual(self.sleeping.wait(DEADLINE_S), -signal.SIGKILL)
        self.assertEqual(self.left(), [])
        self.assertFalse(self.folder.exists())

    def test_a_group_that_cannot_be_removed_keeps_no_daemon_from_serving(self):
        for folder in self.leave():
            (folder / 'slot-0' / 'kept').mkdir()
        daemon = self.start()
        self.assertEqual(self.sleeping.wait(DEADLINE_S), -signal.SIGKILL)
        with Client(daemon.socket) as client:
            self.assertIn('42', client.open().run('6*7'))
        refused = [entry['group'] for entry in daemon.log() if entry['event'] == 'it cannot be removed']
        self.assertIn(NAME, refused)
