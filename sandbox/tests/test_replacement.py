"""Templates that are used up, and declarations and images that change while the daemon runs."""

import os
import shutil
import signal
import subprocess

from sandbox import environment, image, wire

from . import host
from .client import Client
from .declaring import Declaring
from .harness import IMAGES, PYTHON, REPOSITORY, eventually

# What forks of one template share and others do not.
_SHARED = "import ctypes, sys; (hash('x'), id(sys), ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value)"


class Launches(Declaring):
    def serve_launches(self, launches):
        self.declare(f'[template]\nlaunches = {launches}')
        return self.serve(slots=12)

    def connect(self, daemon):
        return self.enterContext(Client(daemon.socket, 'site'))

    def shared(self, client):
        """What the session's interpreter shares with others of its template."""
        return client.run(_SHARED).rpartition('Out[1]: ')[2].splitlines()[0]

    def test_with_one_launch_every_session_has_a_hash_seed_and_addresses_of_its_own(self):
        daemon = self.serve_launches(1)
        sessions = [self.shared(self.connect(daemon).open()) for _ in range(3)]
        self.assertEqual(len(set(sessions)), 3, sessions)
        for position in range(3):
            self.assertEqual(len({session.split(',')[position] for session in sessions}), 3, sessions)

    def test_with_more_launches_sessions_share_them(self):
        daemon = self.serve_launches(100)
        first, second = (self.shared(self.connect(daemon).open()) for _ in range(2))
        self.assertEqual(first, second)

    def test_two_who_come_at_the_same_moment_both_get_an_interpreter_of_their_own(self):
        daemon = self.serve_launches(1)
        clients = [self.connect(daemon) for _ in range(2)]
        for client in clients:
            client.open()
        self.assertNotEqual(*(self.shared(client) for client in clients))

    def test_a_template_never_gets_more_launches_than_declared(self):
        daemon = self.serve_launches(4)
        clients = [self.connect(daemon) for _ in range(10)]
        for client in clients:
            client.open()
        seeds = [self.shared(client) for client in clients]
        self.assertLessEqual(max(seeds.count(seed) for seed in seeds), 4)

    def test_a_probe_finds_it_ready_while_a_successor_is_on_its_way(self):
        daemon = self.serve_launches(1)
        for _ in range(4):
            self.connect(daemon).ready()
            with Client(daemon.socket, None) as client:
                client.send(wire.PROBE, 0, {'environment': 'site'})
                client.frame(wire.READY)

    def test_used_up_templates_leave_nothing(self):
        daemon = self.serve_launches(1)
        first = daemon.template_pid
        self.connect(daemon).open().hang_up()
        self.assertTrue(eventually(lambda: templates(daemon) == 2 and not os.path.exists(f'/proc/{first}')))
        before = len(os.listdir(f'/proc/{daemon.pid}/fd'))
        for _ in range(4):
            self.connect(daemon).open().hang_up()
        self.assertTrue(eventually(lambda: templates(daemon) == 2))
        self.assertTrue(eventually(lambda: len(os.listdir(f'/proc/{daemon.pid}/fd')) == before))


class Reload(Declaring):
    def hang_up(self, daemon):
        """SIGHUP, and what is logged of it."""
        before = len(daemon.log())
        os.kill(daemon.pid, signal.SIGHUP)
        self.assertTrue(eventually(lambda: any(
            entry['event'].startswith('environment') for entry in daemon.log()[before:]
        )))
        return next(entry for entry in daemon.log()[before:] if entry['event'].startswith('environment'))

    def variable(self, daemon):
        with Client(daemon.socket, 'site') as client:
            return client.open().run('import os; os.environ["COLOUR"]').rpartition('Out[1]: ')[2].splitlines()[0]

    def test_a_changed_declaration_holds_for_the_next_session_and_the_last_one_goes_on(self):
        self.declare('[variables]\nCOLOUR = "red"')
        daemon = self.serve()
        with Client(daemon.socket, 'site') as client:
            client.open()
            self.declare('[variables]\nCOLOUR = "blue"')
            self.assertEqual(self.variable(daemon), "'red'")
            self.hang_up(daemon)
            self.assertTrue(eventually(lambda: daemon.events().count('template ready') == 2))
            self.assertEqual(self.variable(daemon), "'blue'")
            self.assertIn('42', client.run('6*7'))

    def test_a_bad_declaration_is_logged_and_the_old_one_serves(self):
        self.declare('[variables]\nCOLOUR = "red"')
        daemon = self.serve()
        self.declare('[variables]\nCOLOUR = 3')
        entry = self.hang_up(daemon)
        self.assertIn('variables.COLOUR = 3', entry['error'])
        self.assertEqual(self.variable(daemon), "'red'")

    def test_a_declaration_whose_image_is_not_built_is_logged_and_the_old_one_serves(self):
        self.declare('[variables]\nCOLOUR = "red"')
        daemon = self.serve()
        self.declare('packages = ["sl"]\n[variables]\nCOLOUR = "blue"')
        self.assertIn('python3 -m sandbox build site', self.hang_up(daemon)['error'])
        self.assertEqual(self.variable(daemon), "'red'")

    def test_a_declaration_whose_template_fails_is_logged_and_the_old_one_serves(self):
        self.declare('[variables]\nCOLOUR = "red"')
        daemon = self.serve()
        self.declare('imports = ["nowhere"]\n[variables]\nCOLOUR = "blue"')
        self.hang_up(daemon)
        self.assertTrue(eventually(lambda: 'environment stays as it was' in daemon.events()))
        self.assertIn("No module named 'nowhere'", daemon.output())
        # From here on templates are of the old declaration again.
        self.assertTrue(eventually(lambda: daemon.events().count('template ready') == 2))
        self.assertEqual(self.variable(daemon), "'red'")

    def test_sessions_keep_their_image_and_new_ones_get_the_new(self):
        self.declare('')
        daemon = self.serve()
        real = image.path_of(environment.load('ipython'), IMAGES)
        digest = real.name.split('.')[1]
        old, new = (self.images / f'site.{digest}.{number}' for number in (1, 2))
        for number, path in ((1, old), (2, new)):
            copy(real, path)
            (path / 'etc/issue').write_text(f'build {number}')
        self.link(old)
        self.hang_up(daemon)
        self.assertTrue(eventually(lambda: daemon.events().count('template ready') == 2))
        with Client(daemon.socket, 'site') as client:
            self.assertIn('build 1', client.open().run('!cat /etc/issue'))
            self.link(new)
            self.hang_up(daemon)
            self.assertTrue(eventually(lambda: daemon.events().count('template ready') == 3))
            image.build(environment.load('site', self.folders()), self.images, self.fail)
            with Client(daemon.socket, 'site') as other:
                self.assertIn('build 2', other.open().run('!cat /etc/issue'))
            self.assertIn('build 1', client.run('!cat /etc/issue'))
            self.assertIn('20', client.run('import wave; 4*5'))
            client.hang_up()
        image.build(environment.load('site', self.folders()), self.images, self.fail)
        self.assertFalse(old.exists())

    def folders(self):
        return [self.declarations, environment.SHIPPED]

    def link(self, path):
        link = self.images / 'site'
        link.unlink()
        link.symlink_to(path.name)


def templates(daemon):
    """How many template processes a daemon has."""
    return sum(uid == 0 for _, uid, _ in host.processes(daemon.range, first=0))


def copy(image_path, path):
    """A copy of an image whose files are the same ones."""
    shutil.copytree(image_path, path, symlinks=True, copy_function=os.link)
    (path / 'etc/issue').unlink()

    def test_the_command_reload_finds_the_daemon_by_its_socket(self):
        self.declare('[variables]\nCOLOUR = "red"')
        daemon = self.serve()
        self.declare('[variables]\nCOLOUR = "blue"')
        self.reload(daemon.socket, 0)
        self.assertTrue(eventually(lambda: daemon.events().count('template ready') == 2))
        self.assertEqual(self.variable(daemon), "'blue'")

    def test_the_command_reload_says_where_there_is_no_daemon(self):
        self.assertIn('no daemon listens at /nowhere', self.reload('/nowhere', 1))

    def reload(self, socket, code):
        command = [PYTHON, '-m', 'sandbox', 'reload', '--socket', socket]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr


class Failing(Declaring):
    def test_an_environment_that_cannot_start_keeps_no_other_from_serving(self):
        self.declare('imports = ["nowhere_to_be_found"]', 'wrong')
        self.declare('', 'right')
        daemon = self.serve('wrong', 'right')
        (ready,) = [entry for entry in daemon.log() if entry['event'] == 'ready']
        self.assertEqual(ready['failed'], ['wrong'])
        with Client(daemon.socket, 'right') as client:
            self.assertIn('42', client.open().run('6*7'))
