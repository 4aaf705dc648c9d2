"""The tests' own daemon: one that does not come to serve leaves nothing that a later test would trip over."""

import os
import unittest

from .harness import Daemon


class Start(unittest.TestCase):
    def assert_leaves_nothing(self, daemon, seconds):
        folder = os.path.dirname(daemon.socket)
        self.assertTrue(os.path.isdir(folder))
        with self.assertRaisesRegex(AssertionError, 'the daemon does not serve'):
            daemon.start(seconds)
        self.assertIsNotNone(daemon.process.returncode)
        self.assertFalse(os.path.exists(folder))

    def test_a_daemon_that_refuses_to_start_leaves_neither_a_process_nor_a_folder(self):
        self.assert_leaves_nothing(Daemon(arguments=['nowhere']), seconds=10)

    def test_a_daemon_that_is_not_ready_in_time_leaves_neither_a_process_nor_a_folder(self):
        self.assert_leaves_nothing(Daemon(), seconds=0)
