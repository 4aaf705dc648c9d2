"""Templates that die or hang: living sandboxes go on, and whoever comes next is served or told."""

import fcntl
import json
import os
import resource
import signal
import socket
import tempfile
import unittest

from sandbox import launch, lifecycle, template, wire

from . import host
from .client import Client, Ended
from .ending import Ending
from .harness import eventually


class Start(unittest.TestCase):
    def test_a_template_that_cannot_enter_its_image_says_why(self):
        layers = f'{self.enterContext(tempfile.TemporaryDirectory())}/layers'
        launch.write_layers(layers)
        _, control = launch.start(layers, '/nowhere', {}, 1)
        with control:
            self.assertIn('lowerdir=code:image', control.recv(4096).decode())


class Requests(unittest.TestCase):
    def test_a_request_is_seen_to_be_called_off_also_by_a_descriptor_that_select_does_not_know(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        daemons_end, lifeline = socket.socketpair()
        # A template holds two descriptors for each of its slots.
        high = fcntl.fcntl(lifeline, fcntl.F_DUPFD, 2048)
        self.addCleanup(os.close, high)
        lifeline.close()
        self.assertFalse(template._is_called_off(high))
        daemons_end.close()
        self.assertTrue(template._is_called_off(high))


class Templates(Ending):
    def test_sessions_go_on_when_the_template_is_killed_and_another_one_serves(self):
        client = self.connect()
        killed = self.daemon.template_pid
        os.kill(killed, signal.SIGKILL)
        self.assertTrue(eventually(lambda: self.daemon.template_pid != killed))
        self.assertIn('42', client.run('6*7'))
        self.connect().hang_up()
        client.hang_up()
        self.assertEqual(self.processes(), [])

    def test_whoever_comes_while_there_is_no_template_waits_for_the_next(self):
        os.kill(self.daemon.template_pid, signal.SIGKILL)
        self.assertTrue(eventually(lambda: 'template gone' in self.daemon.events()))
        self.assertIn('42', self.connect().run('6*7'))

    def test_a_template_that_is_killed_again_and_again_does_not_end_the_daemon(self):
        killed = set()
        while len(killed) < 4:
            running = {pid for pid, uid, _ in host.processes(self.range, first=0) if uid == 0} - killed
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            killed |= running
        self.assertIn('42', self.connect().run('6*7'))

    def test_a_crowd_that_leaves_at_once_costs_few_sandboxes(self):
        for _ in range(100):
            Client(self.daemon.socket).close()
        self.assertTrue(eventually(self.is_served))
        # Some were made before they were seen to have left.
        self.assertLess(self.daemon.events().count('sandbox ready'), 50)

    def is_served(self):
        with Client(self.daemon.socket) as client:
            try:
                return client.ready()
            except Ended:
                return None  # the slots are not free yet

    def test_a_template_that_hangs_is_replaced_and_whoever_waited_is_told(self):
        os.kill(self.daemon.template_pid, signal.SIGSTOP)
        with Client(self.daemon.socket) as client:
            error = json.loads(client.frame(wire.ERROR, 0, seconds=2 * lifecycle.READY_DEADLINE_S))
            self.assertEqual(error['code'], wire.FAULT)
        self.assertIn('42', self.connect().run('6*7'))
