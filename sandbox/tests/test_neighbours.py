"""Two sandboxes side by side, and one after the other: neither finds anything of the other."""

import os
import unittest

from . import host
from .attacks import seeing, watching
from .client import Client
from .harness import Daemon


def setUpModule():
    global daemon, one, other
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)
    one, other = (unittest.enterModuleContext(Client(daemon.socket)).open() for _ in range(2))


class Neighbours(unittest.TestCase):
    def test_each_has_its_own_users_on_the_host(self):
        worlds = {}
        for pid, uid, _ in host.processes(daemon.range):
            worlds.setdefault(os.readlink(f'/proc/{pid}/ns/pid'), set()).add(uid)
        self.assertEqual(sorted(map(sorted, worlds.values())), [[1, 2], [3, 4]])

    def test_no_namespace_is_shared(self):
        first, second = host.inits(daemon.range)
        for kind in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'):
            with self.subTest(kind):
                links = [os.readlink(f'/proc/{pid}/ns/{kind}') for pid in (first, second)]
                self.assertNotEqual(*links)

    def test_files_of_one_are_not_there_for_the_other(self):
        one.call(seeing.write_errors, ['/home/user/secret', '/tmp/secret', '/dev/shm/secret'])
        for folder in ('/home/user', '/tmp', '/dev/shm'):
            self.assertNotIn('secret', other.call(seeing.list_folder, folder))

    def test_processes_of_one_are_not_there_for_the_other(self):
        one.run('import subprocess; child = subprocess.Popen(["sleep", "4712"])')
        self.assertIn('4712', one.run('!ps -ef'))
        self.assertNotIn('4712', other.run('!ps -ef'))
        one.run('child.kill(); _ = child.wait()')

    def test_abstract_sockets_of_one_are_not_there_for_the_other(self):
        one.run(r'import socket; s = socket.socket(socket.AF_UNIX); s.bind("\0meet"); s.listen()')
        met = other.run(r'import socket; socket.socket(socket.AF_UNIX).connect("\0meet")')
        self.assertIn('ConnectionRefusedError', met)
        one.run('s.close()')

    def test_no_two_share_randomness(self):
        first, second = one.call(seeing.random_values), other.call(seeing.random_values)
        self.assertEqual(first.keys(), second.keys())
        for name in first:
            self.assertNotEqual(first[name], second[name], name)

    def test_a_slot_used_again_holds_nothing_of_its_last_visitor(self):
        with Client(daemon.socket) as first:
            first.open().call(seeing.write_errors, ['/home/user/trace', '/tmp/trace', '/dev/shm/trace'])
        with Client(daemon.socket) as second:
            second.open()
            for folder in ('/home/user', '/tmp', '/dev/shm'):
                self.assertNotIn('trace', second.call(seeing.list_folder, folder))


class Terminals(unittest.TestCase):
    def test_a_terminal_that_starts_shows_the_one_beside_it_nothing_of_inits(self):
        """Its process is a fork of init, which holds the connections to the server and to the daemon."""
        with Client(daemon.socket) as client:
            client.open().call(watching.watch_processes, 1.5)
            for number in range(2, 8):
                client.open(number)
            given_up = client.call(watching.watched)
        self.assertEqual(list(given_up.values()), [[]] * 6)
