"""Bash as a visitor uses it: the usual programs, job control, full-screen programs, and pip."""

import base64
import tempfile
import unittest
from pathlib import Path

from .client import Client
from .harness import Daemon
from .terminal import BASH_PROMPT
from .wheels import write_wheel

# One job that says when it is in front.
SLEEP = """sh -c 'echo be"gin"; exec sleep 1000'"""

CTRL_C, CTRL_D, CTRL_Z, ESCAPE, LEFT = '\x03', '\x04', '\x1a', '\x1b', '\x1b[D'

GREETING = 'def main():\n    print("hello, " + "world")\n'


def setUpModule():
    global daemon
    daemon = Daemon(environments=['bash']).start()
    unittest.addModuleCleanup(daemon.stop)


class Bash(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket, 'bash')).open()

    def shown(self, line):
        """What a line has printed, without its echo and the prompt."""
        return '\n'.join(self.client.run(line).replace('\r', '').split('\n')[1:-1])

    def open(self, line, text):
        """Starts a program and waits for what it shows."""
        self.client.type(line + '\r')
        self.client.expect(text, pattern=True)

    def leave(self, keys):
        self.client.type(keys)
        self.client.expect(BASH_PROMPT, pattern=True)


class Programs(Bash):
    def test_git_clones_from_a_path_and_commits(self):
        self.client.run('git init -q one && cd one && echo hello > file && git add . && git commit -qm first && cd ..')
        self.assertIn('done.', self.shown('git clone one two'))
        self.assertEqual(self.shown('cat two/file'), 'hello')
        self.assertEqual(
            self.shown('git -C two log --format="%an <%ae> %s" | cat'), 'Visitor <visitor@try-console> first'
        )
        self.assertEqual(self.shown('git -C two branch --show-current'), 'main')

    def test_git_merges_a_conflict_that_the_visitor_resolves(self):
        self.client.run('git init -q one && cd one && echo a > file && git add . && git commit -qm a')
        self.client.run('git switch -qc other && echo b > file && git commit -qam b')
        self.client.run('git switch -q main && echo c > file && git commit -qam c')
        self.assertIn('CONFLICT (content): Merge conflict in file', self.shown('git merge other'))
        self.assertIn('<<<<<<< HEAD\nc\n=======\nb\n>>>>>>> other', self.shown('cat file'))
        self.client.run('echo bc > file && git add file && git commit -qm merged')
        self.assertEqual(self.shown('git log --oneline | wc -l; git status --short'), '4')

    def test_git_explains_nothing_that_nobody_asked_for(self):
        self.assertEqual(self.shown('git init one'), 'Initialized empty Git repository in /home/user/one/.git/')

    def test_curl_is_there(self):
        self.assertRegex(self.shown('curl --version'), r'^curl \d')
        self.assertEqual(self.shown('echo hello > file; curl -s file:///home/user/file'), 'hello')

    def test_ps_and_top_show_the_visitors_own_processes(self):
        self.assertRegex(self.shown('ps aux'), r'user +\d+ .* bash\n')
        self.assertRegex(self.shown('top -b -n 1'), r'(?s)Tasks: .*PID USER.* bash')

    def test_tar_and_grep_work(self):
        self.client.run('mkdir folder; echo needle > folder/hay; tar czf all.tgz folder; rm -r folder; tar xzf all.tgz')
        self.assertEqual(self.shown('grep -rn needle .'), './folder/hay:1:needle')

    def test_every_program_that_is_declared_is_there(self):
        for name in 'curl file git htop ipython less nano python tree unzip vi vim xz zip ps top free pip'.split():
            with self.subTest(name):
                self.assertIn(f'/{name}', self.shown(f'type -p {name}'))

    def test_the_terminal_is_one(self):
        self.assertEqual(self.shown('tty'), '/dev/pts/0')
        self.assertIn('hello', self.shown('script -qc "echo hello; tty" /dev/null'))
        self.assertEqual(self.shown('script -qc tty /dev/null'), '/dev/pts/1')


class Jobs(Bash):
    def test_ctrl_c_ends_what_runs_in_front(self):
        self.open(SLEEP, 'begin')
        self.leave(CTRL_C)
        self.assertEqual(self.shown('echo $?'), '130')

    def test_ctrl_z_stops_it_and_it_can_go_on_behind_and_in_front(self):
        self.open(SLEEP, 'begin')
        self.leave(CTRL_Z)
        self.assertRegex(self.shown('jobs'), r'\[1\]\+ +Stopped +sh -c ')
        self.client.run('bg')
        self.assertRegex(self.shown('jobs'), r'\[1\]\+ +Running +sh -c .* &')
        self.open('fg', 'exec sleep 1000')
        self.leave(CTRL_C)
        self.assertEqual(self.shown('jobs'), '')

    def test_ctrl_d_ends_the_terminal(self):
        self.client.type(CTRL_D)
        self.assertEqual(self.client.exit(), (0, None))

    def test_its_exit_code_is_the_terminals(self):
        self.client.type('exit 3\r')
        self.assertEqual(self.client.exit(), (3, None))

    def test_the_end_of_a_pipe_ends_who_writes_into_it(self):
        self.assertEqual(self.shown('yes | head -n 1; echo "${PIPESTATUS[0]}"'), 'y\n141')


class Screens(Bash):
    def test_less_opens_and_quits(self):
        self.open('seq 1000 | less', '1\r\n2\r\n')
        self.client.type('G')
        self.client.expect('1000')
        self.leave('q')

    def test_vi_opens_writes_and_quits_and_knows_the_arrow_keys(self):
        for name in ('vi', 'vim'):
            with self.subTest(name):
                self.open(f'{name} {name}.txt', rf'"{name}.txt" \[New')
                self.client.type(f'ihllo{3 * LEFT}e{ESCAPE}')
                self.leave(':wq\r')
                self.assertEqual(self.shown(f'cat {name}.txt'), 'hello')

    def test_nano_opens_and_quits(self):
        self.open('nano', 'GNU nano')
        self.leave('\x18')

    def test_htop_and_top_open_and_quit(self):
        for name, text in (('htop', 'PID'), ('top', 'PID USER')):
            with self.subTest(name):
                self.open(name, text)
                self.leave('q')


class Pip(Bash):
    def test_a_wheel_that_the_visitor_installs_has_its_command_on_the_path_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            wheel = write_wheel(Path(folder), 'greeting', GREETING, command='greet')
            packed = base64.b64encode(wheel.read_bytes()).decode()
        self.client.run(f'echo {packed} | base64 -d > {wheel.name}')
        self.assertIn('not found', self.shown('greet'))
        self.assertIn('Successfully installed greeting-1.0', self.shown(f'pip install --user ./{wheel.name}'))
        self.assertEqual(self.shown('greet'), 'hello, world')
        self.assertEqual(self.shown('type -p greet'), '/home/user/.pypackages/bin/greet')
        self.assertEqual(self.shown('python3 -c "import greeting; greeting.main()"'), 'hello, world')

    def test_without_a_network_pip_gives_up_soon_and_says_why(self):
        shown = self.shown('pip install --user requests')
        self.assertIn('Failed to establish a new connection', shown)
        self.assertIn('No matching distribution found for requests', shown)
        self.assertEqual(shown.count('Retrying'), 1)
