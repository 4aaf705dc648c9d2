"""Who gets no sandbox, and what they are told; and daemons that cannot start."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

from sandbox import wire
from sandbox.hello import HELLO_DEADLINE_S

from . import host
from .client import Client, Ended
from .harness import PYTHON, REPOSITORY, USER, Daemon, eventually

# Connects and says hello as another user, without anything of this package: prints what comes back.
CONNECT = f'''
import socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.settimeout(10)
try:
    connection.connect(sys.argv[1])
    connection.sendall(bytes.fromhex('{wire.encode(wire.HELLO, 0, {'environment': 'ipython'}).hex()}'))
    print(connection.recv(1000)[4:5])
except OSError as error:
    print(type(error).__name__)
'''


def setUpModule():
    global daemon
    daemon = Daemon(slots=1).start()
    unittest.addModuleCleanup(daemon.stop)
    assert is_served()


def is_served():
    """Whether the one slot is free, and free again."""
    with Client(daemon.socket) as client:
        try:
            client.ready()
        except Ended:
            return False
        client.hang_up()
        return True


class Refusal(unittest.TestCase):
    def setUp(self):
        self.assertTrue(eventually(is_served))
        self.before = host.host_state(daemon, daemon.range)

    def connect(self, first=b''):
        client = self.enterContext(Client(daemon.socket, environment=None))
        if first:
            client.socket.sendall(first)
        return client

    def assert_refused(self, client, code, seconds=10):
        """An ERROR with the code and a sentence, the end of the connection, and nothing left on the host."""
        error = json.loads(client.frame(wire.ERROR, 0, seconds))
        self.assertEqual(error['code'], code)
        client.end()
        self.assertEqual(host.leftovers(daemon, daemon.range, self.before), {})
        return error['message']

    def test_an_unknown_environment_is_refused_with_those_there_are(self):
        client = self.connect(wire.encode(wire.HELLO, 0, {'environment': 'nowhere'}))
        self.assertEqual(self.assert_refused(client, wire.UNKNOWN_ENVIRONMENT), "'nowhere' is none of ['ipython']")

    def test_a_first_frame_that_is_none_is_refused(self):
        for first in (b'GET / HTTP/1.1\r\n\r\n', b'\0' * 64, b'\xff' * 64):
            with self.subTest(first):
                self.assert_refused(self.connect(first), wire.BROKEN_PROTOCOL)

    def test_a_first_frame_that_is_no_hello_is_refused(self):
        for payload in (b'', b'ipython', b'[]', b'null', b'{}', b'{"environment": 3}', b'{"environment": []}', b'\xff'):
            with self.subTest(payload):
                self.assert_refused(self.connect(wire.encode(wire.HELLO, 0, payload) + b'\0'), wire.BROKEN_PROTOCOL)
        self.assert_refused(self.connect(wire.encode(wire.OPEN, 1, {'environment': 'ipython'})), wire.BROKEN_PROTOCOL)

    def test_json_nested_without_end_is_refused(self):
        self.assert_refused(self.connect(wire.encode(wire.HELLO, 0, b'[' * 256)), wire.BROKEN_PROTOCOL)

    def test_a_hello_beyond_its_size_is_refused(self):
        hello = wire.encode(wire.HELLO, 0, json.dumps({'environment': 'ipython', 'more': 'x' * 300}).encode())
        self.assert_refused(self.connect(hello), wire.BROKEN_PROTOCOL)

    def test_silence_is_refused_after_its_time(self):
        silent, halfway = self.connect(), self.connect(wire.encode(wire.HELLO, 0, {'environment': 'ipython'})[:9])
        self.assert_refused(silent, wire.BROKEN_PROTOCOL, seconds=2 * HELLO_DEADLINE_S)
        self.assert_refused(halfway, wire.BROKEN_PROTOCOL)

    def test_whoever_leaves_before_hello_costs_nothing(self):
        for _ in range(50):
            self.connect(b'\0').close()
        self.assertEqual(host.leftovers(daemon, daemon.range, self.before), {})

    def test_a_crowd_that_says_nothing_does_not_grow_without_bound(self):
        crowd = [self.connect() for _ in range(200)]
        crowd[-1].end()
        for client in crowd:
            client.close()
        self.assertEqual(host.leftovers(daemon, daemon.range, self.before), {})
        with Client(daemon.socket) as client:
            client.ready()

    def test_one_more_than_there_are_slots_is_refused_until_one_is_free(self):
        with Client(daemon.socket) as first:
            first.ready()
            with Client(daemon.socket) as second:
                self.assertEqual(json.loads(second.frame(wire.ERROR))['code'], wire.FULL)
                second.end()
            first.hang_up()
        with Client(daemon.socket) as third:
            third.ready()


class Peer(unittest.TestCase):
    def connect_as(self, user, group):
        command = [PYTHON, '-I', '-c', CONNECT, daemon.socket]
        return subprocess.check_output(command, user=user, group=group, extra_groups=[], text=True).strip()

    def setUp(self):
        self.assertTrue(eventually(is_served))

    def test_the_servers_user_is_served(self):
        # What every sandbox's connection begins with: FACTS.
        self.assertEqual(self.connect_as(USER, USER), "b'F'")

    def test_another_user_does_not_reach_the_socket(self):
        self.assertEqual(self.connect_as('nobody', 'nogroup'), 'PermissionError')

    def test_another_user_who_reaches_the_socket_is_hung_up_on(self):
        os.chmod(daemon.socket, 0o666)
        self.addCleanup(os.chmod, daemon.socket, 0o660)
        self.assertIn(self.connect_as('nobody', 'nogroup'), ("b''", 'ConnectionResetError', 'BrokenPipeError'))
        self.assertIn('connection refused', daemon.events())

    def test_another_user_of_the_servers_group_is_hung_up_on(self):
        self.assertIn(self.connect_as('nobody', USER), ("b''", 'ConnectionResetError', 'BrokenPipeError'))


class Start(unittest.TestCase):
    def refusal(self, **options):
        """What a daemon that cannot start says. It leaves nothing behind."""
        before = host.daemons()
        refused = Daemon(**options)
        self.addCleanup(refused.stop)
        refused.launch()
        self.assertEqual(refused.wait(), 1)
        said = [line for line in refused.output().splitlines() if not line.startswith('{')]
        self.assertEqual(len(said), 1, said)
        self.assertTrue(eventually(lambda: host.daemons() == before), host.daemons() ^ before)
        return said[0]

    def test_a_second_daemon_on_a_socket_is_refused_and_the_first_goes_on(self):
        said = self.refusal(socket=daemon.socket)
        self.assertIn(f'{daemon.socket} belongs to a living daemon; stop it, or choose another --socket', said)
        with Client(daemon.socket) as client:
            client.ready()

    def test_an_image_that_is_not_built_is_refused_with_how_to_build_it(self):
        with tempfile.TemporaryDirectory() as images:
            said = self.refusal(arguments=['--images', images])
        self.assertIn('the image of ipython is not built, or is old', said)
        self.assertIn('build it with: python3 -m sandbox build ipython', said)

    def test_an_unknown_environment_is_refused_with_those_there_are(self):
        self.assertIn("there is no environment 'nowhere'", self.refusal(arguments=['nowhere']))

    def test_an_unknown_user_is_refused_with_how_to_make_it(self):
        said = self.refusal(arguments=['--user', 'no-such-user'])
        self.assertIn("there is no user 'no-such-user'; make it with: useradd --system no-such-user", said)

    def test_a_socket_in_no_folder_is_refused(self):
        self.assertIn('/nowhere/sandbox.sock', self.refusal(socket='/nowhere/sandbox.sock'))

    def test_a_socket_left_by_a_killed_daemon_is_taken_over(self):
        killed = Daemon().start()
        killed.kill()
        with_its_socket = Daemon(socket=killed.socket)
        self.addCleanup(with_its_socket.stop)
        self.addCleanup(killed.stop)
        with Client(with_its_socket.start().socket) as client:
            client.ready()

    def test_whoever_is_not_root_is_told(self):
        command = [PYTHON, '-m', 'sandbox', 'serve']
        nobody = {'user': 'nobody', 'group': 'nogroup', 'extra_groups': []}
        # Nobody may not even read what is cloned below /root.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            shutil.copytree(REPOSITORY / 'sandbox', f'{folder}/sandbox')
            ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, **nobody)
        self.assertEqual(ran.returncode, 1)
        self.assertRegex(ran.stderr, r'^sandbox: .*root.*\n$')
