"""The end of sandboxes at their height: storms of processes, a daemon that is killed, a template that dies."""

import contextlib
import os
import signal

from sandbox import wire

from . import host
from .attacks import staying
from .client import Client
from .declaring import Declaring
from .ending import Ending
from .harness import Daemon, eventually


class Storms(Declaring):
    def assert_nothing_left_of_a_storm(self, processes):
        self.declare(f'[limits]\nprocesses = {processes}')
        daemon = self.serve()
        for _ in range(2):
            with Client(daemon.socket, 'site') as client:
                client.open().start(staying.storm_of_all)
                there = lambda: host.tasks(daemon.range) >= processes // 2
                self.assertTrue(eventually(there), host.tasks(daemon.range))
                client.hang_up()
                # The server's end of file means that nothing is left: no time has passed since.
                self.assertEqual(host.processes(daemon.range), [])

    def test_nothing_is_left_of_64_processes_that_replace_themselves(self):
        self.assert_nothing_left_of_a_storm(64)

    def test_nothing_is_left_of_256_processes_that_replace_themselves(self):
        self.assert_nothing_left_of_a_storm(256)


class Daemons(Ending):
    def test_a_daemon_that_is_killed_under_load_leaves_nothing_and_the_next_one_starts_clean(self):
        clients = [self.connect(staying.storm), self.connect(staying.flood_and_fill)]
        self.daemon.kill()
        for client in clients:
            client.end()
        self.assertTrue(eventually(lambda: not host.processes(self.range, first=0)), host.processes(self.range))
        following = Daemon(slots=2)
        self.addCleanup(following.stop)
        with Client(following.start().socket) as client:
            self.assertIn('42', client.open().run('6*7'))
            client.hang_up()
        following.stop()
        self.assertEqual([name for name in host.daemons() if name.endswith(f'-{self.range}')], [])


class Templates(Ending):
    def test_a_template_that_dies_in_the_middle_of_a_launch_leaves_nothing_and_the_next_one_serves(self):
        for delay in range(6):
            with Client(self.daemon.socket) as client:
                # Sooner and later within the few milliseconds that a launch takes.
                client.pump(delay * 0.002)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.daemon.template_pid, signal.SIGKILL)
                # It was made already, or waits for the next template, or is refused.
                answered = (wire.READY, wire.ERROR)
                self.assertTrue(eventually(lambda: client.pump(0.05) or any(f[0] in answered for f in client.frames)))
            self.assertTrue(eventually(lambda: not self.processes()), self.processes())
        with Client(self.daemon.socket) as client:
            self.assertIn('42', client.open().run('6*7'))

    def test_sandboxes_of_a_template_that_dies_go_on(self):
        client = self.connect()
        os.kill(self.daemon.template_pid, signal.SIGKILL)
        self.assertIn('42', client.run('6*7'))
        client.open(2)
        self.assertIn('42', client.run('6*7', terminal=2))
