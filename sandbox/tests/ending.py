"""What tests of the end have in common: a daemon of their own, and the host as it was before."""

import unittest

from . import host
from .client import Client
from .harness import Daemon, eventually

# Processes of an attack at its height.
MANY = 24


class Ending(unittest.TestCase):
    """A daemon whose slots have all been used once, so that what is kept for reuse is there already."""

    def setUp(self):
        self.daemon = Daemon(slots=2)
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.range = self.daemon.range
        for client in [self.connect(), self.connect()]:
            client.hang_up()
        self.before = host.host_state(self.daemon, self.range)

    def connect(self, attack=None):
        """A client with an open terminal, in which the attack has come to its height."""
        client = self.enterContext(Client(self.daemon.socket)).open()
        if attack:
            already = len(self.processes())
            client.start(attack)
            self.assertTrue(eventually(lambda: len(self.processes()) >= already + MANY), self.processes())
        return client

    def processes(self):
        """Those of sandboxes; the template is not among them."""
        return host.processes(self.range)

    def assert_nothing_left(self):
        self.assertEqual(host.leftovers(self.daemon, self.range, self.before), {})
