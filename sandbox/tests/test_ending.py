"""Every way in which a sandbox can end leaves nothing on the host, whatever its processes do to stay."""

import os
import signal

from sandbox import wire

from . import host
from .attacks import staying
from .client import Client
from .ending import Ending
from .harness import Daemon, eventually


class Sandboxes(Ending):
    def test_nothing_is_left_when_the_server_closes(self):
        self.connect().close()
        self.assert_nothing_left()

    def test_nothing_is_left_when_the_server_says_that_it_will_send_no_more(self):
        self.connect().hang_up()
        self.assertEqual(self.processes(), [])
        self.assert_nothing_left()

    def test_nothing_is_left_when_the_terminal_has_exited_and_the_server_closes(self):
        client = self.connect()
        client.type('exit\r')
        client.exit()
        client.close()
        self.assert_nothing_left()

    def test_nothing_is_left_when_init_is_killed_and_the_server_is_told(self):
        client = self.connect(staying.storm)
        (init,) = host.inits(self.range)
        os.kill(init, signal.SIGKILL)
        client.end()
        self.assertEqual(self.processes(), [])
        self.assert_nothing_left()

    def test_nothing_is_left_when_the_server_sends_what_is_no_frame(self):
        client = self.connect(staying.hide)
        client.socket.sendall(b'\xff' * 64)
        client.end()
        self.assertEqual(self.processes(), [])
        self.assert_nothing_left()

    def test_nothing_is_left_of_a_fork_storm(self):
        client = self.connect(staying.storm)
        client.hang_up()
        self.assertEqual(self.processes(), [])
        self.assert_nothing_left()

    def test_nothing_is_left_of_processes_that_detach_and_ignore_every_signal(self):
        client = self.connect(staying.hide)
        client.hang_up()
        self.assertEqual(self.processes(), [])
        self.assert_nothing_left()

    def test_nothing_is_left_of_a_sandbox_whose_memory_is_full(self):
        client = self.connect()
        client.type('x = [b"x" * (200 << 20)]; y = bytes(100 << 20)\r')
        client.close()
        self.assert_nothing_left()

    def test_nothing_is_left_of_sandboxes_that_end_before_they_are_ready(self):
        for _ in range(20):
            with Client(self.daemon.socket) as client:
                client.send(wire.OPEN, 1, {'cols': 80, 'rows': 24})
        self.assert_nothing_left()

    def test_the_neighbour_of_one_that_ends_goes_on(self):
        stays, goes = self.connect(), self.connect(staying.storm)
        goes.hang_up()
        self.assertIn('42', stays.run('6*7'))


class Daemons(Ending):
    def assert_nothing_left_at_all(self):
        """The range's groups, folder and processes, the template's among them."""
        self.assert_nothing_runs()
        self.assertEqual(host.groups(self.range), [])
        self.assertFalse(os.path.exists(self.daemon.socket))

    def assert_nothing_runs(self):
        """Nothing with an id of the range's: no sandbox and no template."""
        running = lambda: host.processes(self.range, first=0)
        self.assertTrue(eventually(lambda: not running()), running())

    def test_nothing_is_left_when_the_daemon_stops(self):
        client = self.connect(staying.storm)
        os.kill(self.daemon.pid, signal.SIGTERM)
        self.assertEqual(self.daemon.wait(), 0)
        client.end()
        self.assert_nothing_left_at_all()
        self.assertEqual([name for name in host.daemons() if name.endswith(f'-{self.range}')], [])
        self.assert_nothing_left()

    def test_a_daemon_with_silent_connections_stops_at_once(self):
        silent = self.enterContext(Client(self.daemon.socket, environment=None))
        os.kill(self.daemon.pid, signal.SIGTERM)
        self.assertEqual(self.daemon.wait(), 0)
        silent.end()

    def test_nothing_runs_on_when_the_daemon_is_killed(self):
        client = self.connect(staying.hide)
        self.connect(staying.storm)
        self.daemon.kill()
        client.end()
        self.assert_nothing_runs()

    def test_the_next_daemon_sweeps_what_a_killed_one_left_and_serves(self):
        self.connect(staying.storm)
        self.daemon.kill()
        following = Daemon()
        self.addCleanup(following.stop)
        with Client(following.start().socket) as client:
            client.ready()
        old = [folder for folder in host.groups(self.range) if folder.name.startswith('slot-')]
        self.assertLessEqual(len({folder.name for folder in old}), 1, old)
