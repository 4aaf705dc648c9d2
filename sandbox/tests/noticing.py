"""What tests of notices have in common: a daemon for each class, and a client that waits for what it is told."""

import json
import unittest

from sandbox import wire

from .client import Client
from .harness import Daemon


class Notices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(arguments=cls.arguments()).start()
        cls.addClassCleanup(cls.daemon.stop)

    @classmethod
    def arguments(cls):
        return ()

    def setUp(self):
        self.client = self.enterContext(Client(self.daemon.socket)).open()

    def notice(self):
        """Waits for a notice. Returns the limit that it names."""
        return json.loads(self.client.frame(wire.NOTICE))['limit']

    def assert_alive(self):
        self.assertIn('42', self.client.run('6*7'))

    def assert_no_notice(self):
        """Nothing was told that is still to be taken, and the prompt lives."""
        self.assert_alive()
        self.assertEqual([frame for frame in self.client.frames if frame[0] == wire.NOTICE], [])
