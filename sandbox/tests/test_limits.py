"""What one sandbox may use: whoever wants more gets an error, and the prompt lives."""

import unittest

from sandbox import environment, wire

from . import host
from .attacks import filling, taking
from .client import Client
from .harness import Daemon

LIMITS = environment.load('ipython').limits
MB = 1024 * 1024


def setUpModule():
    global daemon
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)


class Limits(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket))
        self.client.open()

    def assert_alive(self):
        self.assertIn('42', self.client.run('6*7'))


class Memory(Limits):
    def test_a_child_that_takes_too_much_is_killed_and_the_prompt_lives(self):
        self.assertEqual(self.client.call(taking.allocate_in_child, 2 * LIMITS.memory_mb), -9)
        self.assert_alive()

    def test_a_child_that_takes_what_there_is_lives(self):
        self.assertEqual(self.client.call(taking.allocate_in_child, LIMITS.memory_mb // 2), 0)

    def test_an_interpreter_that_takes_too_much_is_killed_and_the_sandbox_lives(self):
        self.client.type(f'x = b"x" * ({2 * LIMITS.memory_mb} << 20)\r')
        self.assertEqual(self.client.exit(), (None, 'KILL'))
        self.client.open()
        self.assert_alive()

    def test_memory_is_limited_for_all_processes_together(self):
        sizes = [LIMITS.memory_mb // 2] * 3
        self.assertIn(-9, self.client.call(taking.allocate_in_children, sizes))
        self.assert_alive()


class Processes(Limits):
    def test_forking_stops_at_the_limit_and_the_prompt_lives(self):
        made, error = self.client.call(taking.fork_until_error)
        self.assertEqual((made + 1, error), (LIMITS.processes, 'EAGAIN'))
        self.assert_alive()

    def test_threads_count_as_processes(self):
        made, error = self.client.call(taking.start_threads_until_error)
        self.assertEqual((made + 1, error), (LIMITS.processes, 'RuntimeError'))

    def test_a_terminal_that_finds_no_process_left_does_not_end_the_sandbox(self):
        # One is left for the thread that every prompt of IPython starts.
        self.client.call(taking.fork_until_few_are_left, 1)
        self.client.send(wire.OPEN, 2, {'cols': 80, 'rows': 24})
        self.assert_alive()

    def test_signals_that_wait_are_limited(self):
        self.assertLessEqual(self.client.call(taking.queue_signals), 256)


class Disks(Limits):
    def test_home_tmp_and_shm_hold_what_was_declared_and_the_prompt_lives(self):
        declared = {'/home/user': LIMITS.home_mb, '/tmp': LIMITS.tmp_mb, '/dev/shm': LIMITS.shm_mb}
        for folder, megabytes in declared.items():
            written, error = self.client.call(filling.fill_disk, folder)
            self.assertEqual(error, 'ENOSPC', folder)
            self.assertTrue(0.95 * megabytes * MB <= written <= megabytes * MB, f'{folder}: {written}')
        self.assert_alive()

    def test_a_disk_holds_as_many_files_as_were_declared(self):
        for folder in ('/home/user', '/tmp', '/dev/shm'):
            made, error = self.client.call(filling.make_files, folder)
            self.assertEqual(error, 'ENOSPC', folder)
            self.assertTrue(LIMITS.files - 100 <= made < LIMITS.files, f'{folder}: {made}')
        self.assert_alive()

    def test_one_file_has_at_most_the_declared_size(self):
        self.assertEqual(self.client.call(filling.grow_file, '/home/user/file', LIMITS.file_mb + 1), 'EFBIG')

    def test_a_file_in_memory_has_at_most_the_declared_size(self):
        self.assertEqual(self.client.call(filling.grow_memory_file, LIMITS.file_mb + 1), 'EFBIG')

    def test_a_program_that_dies_leaves_no_core(self):
        self.assertEqual(self.client.call(filling.abort_child), [6, []])


class Descriptors(Limits):
    def test_opening_stops_at_the_limit_and_the_prompt_lives(self):
        opened, error = self.client.call(filling.open_until_error)
        self.assertEqual(error, 'EMFILE')
        self.assertTrue(LIMITS.open_files - 20 <= opened < LIMITS.open_files, opened)
        self.assert_alive()

    def test_pseudo_terminals_stop_at_twice_the_terminals(self):
        made, error = self.client.call(filling.open_terminals)
        self.assertEqual((made + 1, error), (2 * LIMITS.terminals, 'ENOSPC'))
        self.assert_alive()

    def test_a_terminal_that_finds_no_pseudo_terminal_left_does_not_end_the_sandbox(self):
        self.client.call(filling.keep_terminals_open)
        self.client.send(wire.OPEN, 2, {'cols': 80, 'rows': 24})
        self.assert_alive()

    def test_the_limits_of_a_process_are_the_declared_ones(self):
        self.assertEqual(self.client.call(taking.own_limits), {
            'NOFILE': LIMITS.open_files, 'NPROC': LIMITS.processes + 1, 'FSIZE': LIMITS.file_mb * MB,
            'MEMLOCK': 0, 'MSGQUEUE': 0, 'SIGPENDING': 256, 'CORE': 1,
        })

    def test_no_limit_can_be_raised(self):
        self.assertEqual(self.client.call(taking.raise_limits), [])


class Processor(Limits):
    def test_the_groups_say_what_was_declared(self):
        files = {}
        for folder in host.groups(daemon.range):
            if (folder / 'cgroup.procs').read_text():
                files.update((path.name, path.read_text().strip()) for path in folder.iterdir() if is_limit(path))
        memory = files.get('memory.limit_in_bytes') or files['memory.max']
        quota = files.get('cpu.cfs_quota_us') or files['cpu.max'].split()[0]
        self.assertEqual(int(memory), LIMITS.memory_mb * MB)
        self.assertEqual(int(quota), LIMITS.cpu_percent * 1000)
        self.assertEqual(int(files['pids.max']), LIMITS.processes + 1)

    def test_four_busy_processes_get_no_more_time_than_declared(self):
        self.client.call(taking.burn, 0.2)
        seconds = self.client.call(taking.burn, 1.0)
        share = LIMITS.cpu_percent / 100
        self.assertLessEqual(seconds, 1.5 * share)

    def test_a_busy_sandbox_leaves_its_neighbour_alone(self):
        self.client.type("exec('while True: pass')\r")
        with Client(daemon.socket) as other:
            self.assertIn('42', other.open().run('6*7'))


def is_limit(path):
    return path.name in ('memory.limit_in_bytes', 'memory.max', 'cpu.cfs_quota_us', 'cpu.max', 'pids.max')
