"""What befalls a daemon on its host: broken slots, a strict umask, an unread log, a crowd. It goes on serving."""

import fcntl
import json
import os
import signal
import unittest
from pathlib import Path

from sandbox import environment, image, wire

from . import host
from .client import Client
from .harness import IMAGES, Daemon, eventually

CROWD = 400

# For a crowd on a busy machine, in seconds.
CROWD_DEADLINE_S = 60


class Slots(unittest.TestCase):
    def test_a_slot_that_is_broken_costs_one_visitor_their_sandbox_and_nobody_else(self):
        number, hierarchies = 0, 1
        while number < hierarchies:
            daemon = Daemon(slots=2)
            self.addCleanup(daemon.stop)
            neighbour = self.enterContext(Client(daemon.start().socket)).open()
            self.leave(daemon)
            folders = [folder for folder in host.groups(daemon.range) if folder.name == 'slot-1']
            hierarchies = len(folders)
            with self.subTest(folder := folders[number]):
                folder.rmdir()
                self.assert_costs_one(daemon, neighbour)
            number += 1

    def assert_costs_one(self, daemon, neighbour):
        with Client(daemon.socket) as unlucky:
            self.assertEqual(json.loads(unlucky.frame(wire.ERROR))['code'], wire.FAULT)
            unlucky.end()
        self.assertIn('42', neighbour.run('6*7'))
        with Client(daemon.socket) as following:
            self.assertIn(json.loads(following.frame(wire.ERROR))['code'], (wire.FULL, wire.FAULT))
        neighbour.hang_up()
        self.leave(daemon)
        self.assertEqual(host.processes(daemon.range), [])

    def leave(self, daemon):
        """Uses a slot, and gives it back."""
        with Client(daemon.socket) as client:
            client.open().hang_up()


class Surroundings(unittest.TestCase):
    def test_a_daemon_started_with_a_strict_umask_serves(self):
        daemon = Daemon(umask=0o077)
        self.addCleanup(daemon.stop)
        with Client(daemon.start().socket) as client:
            self.assertIn('42', client.open().run('6*7'))

    def test_the_image_in_use_is_locked_for_as_long_as_the_daemon_lives(self):
        folder = os.open(image.path_of(environment.load('ipython'), IMAGES), os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, folder)
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        daemon.start()
        with self.assertRaises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.assertIn(daemon.pid, self.holders(folder))
        daemon.stop()
        self.assertNotIn(daemon.pid, self.holders(folder))

    def holders(self, folder):
        """The pids that hold a lock on an open folder; other daemons may serve from it as well."""
        inode = f':{os.fstat(folder).st_ino}'
        lines = [line.split() for line in Path('/proc/locks').read_text().splitlines()]
        return {int(line[4]) for line in lines if line[1] == 'FLOCK' and line[5].endswith(inode)}


class Log(unittest.TestCase):
    def setUp(self):
        self.reading, self.writing = os.pipe2(os.O_CLOEXEC)
        self.addCleanup(os.close, self.writing)
        self.daemon = Daemon(slots=2)
        self.addCleanup(self.daemon.stop)

    def test_a_log_that_nobody_reads_keeps_no_sandbox_from_ending_nor_the_daemon(self):
        self.addCleanup(os.close, self.reading)
        os.set_blocking(self.writing, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(self.writing, b'x')
        os.set_blocking(self.writing, True)
        self.assert_serves_and_stops()

    def test_a_log_that_fills_up_keeps_no_sandbox_from_ending_nor_the_daemon(self):
        self.addCleanup(os.close, self.reading)
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 1)
        self.assert_serves_and_stops()

    def test_a_log_whose_reader_has_gone_keeps_no_sandbox_from_ending_nor_the_daemon(self):
        os.close(self.reading)
        self.assert_serves_and_stops()

    def assert_serves_and_stops(self):
        self.daemon.launch(output=self.writing)
        self.assertTrue(eventually(lambda: os.path.exists(self.daemon.socket)))
        for _ in range(20):
            with Client(self.daemon.socket) as client:
                client.open().hang_up()
        number = self.daemon.range
        self.assertEqual(host.processes(number), [])
        client = self.enterContext(Client(self.daemon.socket))
        client.open()
        os.kill(self.daemon.pid, signal.SIGTERM)
        self.assertEqual(self.daemon.wait(), 0)
        client.end()
        self.assertEqual(host.processes(number), [])
        self.assertEqual(host.groups(number), [])


class Crowd(unittest.TestCase):
    def test_a_crowd_that_comes_at_once_is_served(self):
        daemon = Daemon(slots=CROWD)
        self.addCleanup(daemon.stop)
        daemon.start()
        crowd = [self.enterContext(Client(daemon.socket)) for _ in range(CROWD)]
        for client in crowd:
            client.frame(wire.READY, seconds=CROWD_DEADLINE_S)
        for client in crowd:
            client.close()
        self.assertTrue(eventually(lambda: not host.processes(daemon.range)))
        troubles = {'template hangs', 'template gone', 'sandbox failed', 'connection refused'}
        self.assertEqual(troubles & set(daemon.events()), set())
