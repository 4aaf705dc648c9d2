"""What the server is told when a limit is met: which one, in time, and not without end."""

import json
import os
import signal
import socket

from sandbox import environment, wire

from . import host, meeting
from .attacks import filling, taking
from .client import Client
from .harness import eventually
from .noticing import Notices

LIMITS = environment.load('ipython').limits

# As plain numbers, which pass through JSON.
INET, INET6, UNIX = int(socket.AF_INET), int(socket.AF_INET6), int(socket.AF_UNIX)


class Memory(Notices):
    def test_a_child_that_is_killed_for_memory_is_told_and_the_prompt_lives(self):
        self.assertEqual(self.client.call(meeting.allocate_in_child, 2 * LIMITS.memory_mb), -signal.SIGKILL)
        self.assertEqual(self.notice(), wire.MEMORY)
        self.assert_no_notice()

    def test_it_is_told_though_nothing_is_typed_or_shown(self):
        self.client.call(meeting.allocate_in_child, 2 * LIMITS.memory_mb, 1.5)
        self.assertEqual(self.notice(), wire.MEMORY)

    def test_an_interpreter_that_is_killed_for_memory_says_so_and_can_be_opened_again(self):
        self.client.type(f'x = b"x" * ({2 * LIMITS.memory_mb} << 20)\r')
        status = json.loads(self.client.frame(wire.EXIT, 1))
        self.assertEqual(status, {'code': None, 'signal': 'KILL', 'limit': wire.MEMORY})
        self.client.open()
        self.assert_alive()

    def test_an_interpreter_that_kills_itself_is_not_taken_for_that(self):
        self.client.type('import os; os.kill(os.getpid(), 9)\r')
        status = json.loads(self.client.frame(wire.EXIT, 1))
        self.assertEqual(status, {'code': None, 'signal': 'KILL', 'limit': None})

    def test_a_sandbox_that_is_killed_as_a_whole_is_told_by_the_daemon(self):
        self.client.call(meeting.allocate_in_child, 2 * LIMITS.memory_mb)
        self.notice()
        self.kill_init()
        error = json.loads(self.client.frame(wire.ERROR))
        self.assertEqual(error['code'], wire.OUT_OF_MEMORY)
        self.client.end()

    def test_a_sandbox_that_breaks_otherwise_is_not_taken_for_that(self):
        self.kill_init()
        self.client.end()
        self.assertEqual([frame for frame in self.client.frames if frame[0] == wire.ERROR], [])

    def kill_init(self):
        (init,) = host.inits(self.daemon.range)
        os.kill(init, signal.SIGKILL)


class Processes(Notices):
    def test_a_process_too_many_is_told_and_the_prompt_lives(self):
        self.client.call(taking.fork_until_error)
        self.assertEqual(self.notice(), wire.PROCESSES)
        self.assert_no_notice()

    def test_a_thread_too_many_is_told(self):
        self.client.call(taking.start_threads_until_error)
        self.assertEqual(self.notice(), wire.PROCESSES)

    def test_what_the_last_visitor_of_a_slot_has_met_is_not_told_to_the_next(self):
        self.client.call(taking.fork_until_error)
        self.client.call(meeting.allocate_in_child, 2 * LIMITS.memory_mb)
        self.client.hang_up()
        self.client = self.enterContext(Client(self.daemon.socket)).open()
        self.client.pump(1)
        self.assert_no_notice()


class Disks(Notices):
    def test_a_full_disk_is_told_and_the_prompt_lives(self):
        for folder in ('/home/user', '/tmp', '/dev/shm'):
            with self.subTest(folder), Client(self.daemon.socket) as self.client:
                self.client.open()
                self.client.call(filling.fill_disk, folder)
                self.assertEqual(self.notice(), wire.DISK)
                self.assert_no_notice()

    def test_a_disk_without_room_for_another_file_is_told(self):
        self.client.call(filling.make_files, '/tmp')
        self.assertEqual(self.notice(), wire.DISK)


class Network(Notices):
    def test_a_program_that_wants_a_network_gets_a_plain_error_and_the_visitor_is_told(self):
        errors = self.client.call(meeting.socket_errors, INET, INET6)
        self.assertEqual(errors, ['ENETUNREACH', 'ENETUNREACH'])
        self.assertEqual(self.notice(), wire.NETWORK)
        self.assert_no_notice()

    def test_sockets_between_processes_are_not_told(self):
        self.assertEqual(self.client.call(meeting.socket_errors, UNIX), [None])
        self.assert_no_notice()

    def test_every_terminal_is_answered(self):
        self.client.open(2)
        for terminal in (1, 2):
            errors = self.client.call(meeting.socket_errors, INET, terminal=terminal)
            self.assertEqual(errors, ['ENETUNREACH'])

    def test_a_process_that_outlives_its_terminal_is_answered_too(self):
        self.client.open(2)
        self.client.call(meeting.ask_for_a_socket_after_the_terminal, terminal=2)
        self.client.type('exit\r', terminal=2)
        self.client.exit(2)
        self.assertEqual(eventually(lambda: self.client.call(meeting.content, '/tmp/error')), 'ENETUNREACH')

    def test_terminals_that_come_and_go_leave_nothing_in_init(self):
        (init,) = host.inits(self.daemon.range)
        before = os.listdir(f'/proc/{init}/fd')
        for _ in range(5):
            self.client.open(2).type('exit\r', terminal=2)
            self.client.exit(2)
        self.assertTrue(eventually(lambda: len(os.listdir(f'/proc/{init}/fd')) == len(before)))

    def test_a_flood_of_calls_is_told_once_and_keeps_no_terminal_waiting(self):
        self.client.open(2)
        self.client.call(meeting.flood_of_sockets, 16)
        self.assertEqual(self.notice(), wire.NETWORK)
        self.assertIn('42', self.client.run('6*7', terminal=2))
        self.assert_no_notice()

    def test_the_visitor_does_not_hold_what_answers_the_calls(self):
        self.assertEqual([link for link in self.client.call(meeting.open_descriptors) if 'seccomp' in link], [])
