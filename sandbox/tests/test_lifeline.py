"""What the daemon hears from a sandbox, and how often; the sandbox is a test at the other end of the lifeline."""

import os
import select
import socket
import unittest
from unittest import mock

from sandbox import environment, lifecycle, lifeline, slots

from .fake_loop import FakeLoop


class FakeTemplates:
    """Keeps the lifeline of the one request that it gets."""

    environment = environment.load('ipython')
    facts = {}

    def spawn(self, request, connection, lifeline):
        self.sandbox = socket.socket(fileno=os.dup(lifeline))
        return lambda: None

    def saw_ready(self):
        pass


class FakeGroup:
    """A control group that nothing ever happens in."""

    def __init__(self):
        self.counters = mock.Mock(**{'read.return_value': (0, 0), 'cpu_seconds.return_value': 0})
        self.events = -1

    def limit(self, limits):
        pass

    def kill(self):
        pass

    def is_empty(self):
        return True


class Lifeline(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.object(lifecycle, 'log'))
        self.loop, templates = FakeLoop(), FakeTemplates()
        ours, server = socket.socketpair()
        self.enterContext(server)
        daemon = lifecycle.Sandbox(
            self.loop, templates, ours, slots.Slot(0, FakeGroup()), 'test', lambda sandbox: None,
        )
        self.addCleanup(daemon.end, lifecycle.STOPPING)
        self.sandbox = self.enterContext(templates.sandbox)
        self.lifeline = next(iter(self.loop.watched))
        self.say(lifeline.READY)

    def say(self, word):
        """The daemon hears one word, and then listens again."""
        self.sandbox.send(word)
        self.assertTrue(self.hear())
        self.loop.run()

    def hear(self):
        """Lets the daemon take a message if it listens. Returns whether it did."""
        callback = self.loop.watched.get(self.lifeline)
        if callback:
            callback(select.EPOLLIN)
        return callback is not None

    def test_a_question_is_answered(self):
        self.say(lifeline.LOOK)
        self.assertEqual(self.sandbox.recv(lifeline.MAX_BYTES), lifeline.NOT_KILLED)

    def test_a_sandbox_that_talks_without_end_is_heard_once_in_a_while(self):
        for _ in range(10):
            self.sandbox.send(lifeline.LOOK)
        self.assertTrue(self.hear())
        self.assertFalse(self.hear())
        began = self.loop.now
        self.assertEqual(self.loop.run(), began + lifecycle.HEAR_PAUSE_S)
        self.assertTrue(self.hear())

    def test_a_sandbox_that_does_not_listen_keeps_nobody_waiting(self):
        for _ in range(2000):
            self.say(lifeline.LOOK)
