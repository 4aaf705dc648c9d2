"""Streams: connections to the proxy go as frames to the server, each in a window of its own."""

import json
import unittest

from sandbox import wire

from . import host, networked
from .attacks import line_for, result_in, streaming
from .client import Client
from .streams import Stream, pending, waiting

# As the shipped declaration says.
CONNECTIONS = 16

# What is quiet for so long, in seconds, has stopped.
QUIET_S = 0.3


def setUpModule():
    global daemon
    daemon = networked.serve('{ allow = ["public.example"] }')


class Streams(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket)).open()
        self.addCleanup(self.client.hang_up)

    def call_behind(self, function, *arguments):
        """Starts a call that waits for us; finish() returns what it returns."""
        prompt = f'In [{self.client.terminals[1].prompts() + 1}]: '
        self.client.type(line_for(function, arguments) + '\r')
        return lambda: result_in(self.client.expect(prompt))

    def test_the_server_is_told_of_the_hosts_by_the_daemon(self):
        with Client(daemon.socket) as client:
            facts = json.loads(client.frame(wire.FACTS))
            self.assertEqual((facts['network'], facts['hosts']), ('proxy', ['public.example']))
            self.assertEqual(facts['limits']['connections'], CONNECTIONS)
            client.ready()
            client.hang_up()

    def test_programs_are_told_where_the_proxy_is(self):
        url = 'http://127.0.0.1:3128'
        expected = [url, url, 'localhost,127.0.0.1,::1'] * 2
        self.assertEqual(self.client.call(streaming.proxies), [expected, expected])

    def test_bytes_go_both_ways_and_both_ends_arrive(self):
        finish = self.call_behind(streaming.talk, 'question', True)
        stream = Stream(self.client)
        self.assertEqual(stream.read(8), b'question')
        stream.expect(wire.STREAM_END)
        stream.write(b'answer')
        self.assertEqual(stream.taken(6), 6)
        stream.end()
        stream.expect(wire.STREAM_CLOSE)
        stream.close()
        self.assertEqual(finish(), 'answer')

    def test_the_servers_end_leaves_the_programs_direction_open(self):
        self.client.call(streaming.hold, 1)
        stream = Stream(self.client)
        stream.write(b'early')
        stream.end()
        self.assertEqual(self.client.call(streaming.receive_on, 0, 100), 'early')
        self.client.call(streaming.send_on, 0, 'late')
        self.assertEqual(stream.read(4), b'late')
        self.client.call(streaming.let_go, 1)
        stream.expect(wire.STREAM_END)
        stream.expect(wire.STREAM_CLOSE)

    def test_what_came_before_the_close_is_delivered(self):
        """More than the kernel holds, so that some waits in init when the server has gone."""
        self.client.call(streaming.hold, 1)
        stream = Stream(self.client)
        stream.write(b'x' * wire.STREAM_WINDOW)
        stream.end()
        stream.close()
        self.assertEqual(len(self.client.call(streaming.receive_on, 0, 10**6)), wire.STREAM_WINDOW)

    def test_a_close_without_an_end_is_a_reset_for_the_program(self):
        self.client.call(streaming.hold, 1)
        stream = Stream(self.client)
        stream.write(b'half of it')
        self.client.call(streaming.receive_on, 0, 10)
        stream.close()
        stream.expect(wire.STREAM_CLOSE)
        self.assertEqual(self.client.call(streaming.error_on, 0), 'ConnectionResetError')

    def test_a_reset_of_the_program_is_a_close_without_an_end(self):
        self.client.call(streaming.hold, 1)
        stream = Stream(self.client)
        self.client.call(streaming.reset)
        stream.expect(wire.STREAM_CLOSE)
        self.assertNotIn((wire.STREAM_END, stream.number, b''), self.client.frames)
        # Sent before the server knew: it is no fault of its.
        stream.write(b'late')
        stream.end()
        stream.close()
        self.assertIn('42', self.client.run('6*7'))

    def test_a_program_that_pushes_gets_a_window_and_no_more(self):
        self.client.call(streaming.hold, 2)
        stalled, other = Stream(self.client), Stream(self.client)
        self.client.call(streaming.push, 0)
        self.assertEqual(pending(self.client, stalled.number), wire.STREAM_WINDOW)
        self.client.call(streaming.send_on, 1, 'beside it')
        self.assertEqual(other.read(9), b'beside it')

    def test_acknowledging_lets_the_program_go_on(self):
        self.client.call(streaming.hold, 1)
        stream = Stream(self.client)
        self.client.call(streaming.push, 0)
        stream.read(wire.STREAM_WINDOW)
        self.assertTrue(stream.read(1))

    def test_a_program_that_does_not_read_blocks_only_its_own_stream(self):
        self.client.call(streaming.hold, 2)
        stalled, other = Stream(self.client), Stream(self.client)
        taken = 0
        while True:
            stalled.write(b'x' * 16384)
            try:
                taken += stalled.taken(16384, QUIET_S)
            except AssertionError:
                break
        self.assertLess(taken, 1 << 20)
        other.write(b'beside it')
        self.assertEqual(self.client.call(streaming.receive_on, 1, 9), 'beside it')

    def test_more_than_a_window_from_the_server_ends_the_sandbox(self):
        self.client.call(streaming.hold, 1)
        stream = Stream(self.client)
        for _ in range(40):
            stream.write(b'x' * 16384)
        self.client.end()

    def test_a_frame_for_no_stream_ends_the_sandbox(self):
        self.client.send(wire.STREAM_DATA, 7, b'x')
        self.client.end()

    def test_connections_past_the_limit_wait_for_one_to_end(self):
        self.assertEqual(self.client.call(streaming.hold, CONNECTIONS + 1), CONNECTIONS + 1)
        streams = [Stream(self.client) for _ in range(CONNECTIONS)]
        self.client.pump(QUIET_S)
        self.assertEqual(waiting(self.client), [])
        self.client.call(streaming.let_go, 1)
        streams[0].expect(wire.STREAM_END)
        self.assertEqual(waiting(self.client), [])
        streams[0].end()
        streams[0].close()
        self.assertNotIn(Stream(self.client).number, [each.number for each in streams])

    def test_the_terminal_is_not_kept_behind_streams_that_nobody_reads(self):
        self.client.call(streaming.hold, CONNECTIONS)
        for index in range(4):
            self.client.call(streaming.push, index)
        self.assertIn('42', self.client.run('6*7'))

    def test_many_streams_do_not_make_init_grow(self):
        (init,) = host.inits(daemon.range)
        before = host.memory_kb(init)
        self.client.call(streaming.hold, CONNECTIONS)
        for index in range(CONNECTIONS):
            self.client.call(streaming.push, index)
        for stream in [Stream(self.client) for _ in range(CONNECTIONS)]:
            stream.write(b'x' * wire.STREAM_WINDOW)
        self.assertIn('42', self.client.run('6*7'))
        self.assertLess(host.memory_kb(init) - before, 4 * 1024)

    def test_a_flood_of_connections_leaves_the_prompt_alive(self):
        """The server closes each as soon as it is opened."""
        prompt = self.client.terminals[1].prompts() + 1
        finish = self.call_behind(streaming.flood, 1)
        while self.client.terminals[1].prompts() < prompt:
            self.client.pump(0.02)
            for number in waiting(self.client):
                Stream(self.client, number).close()
        self.assertGreater(finish(), CONNECTIONS)
        self.assertIn('42', self.client.run('6*7'))

    def test_an_idle_init_uses_no_processor_time(self):
        """Of a full connection that both sides have ended, the kernel tells for ever; there is nothing to do."""
        self.client.call(streaming.hold, 2)
        full, _ = Stream(self.client), Stream(self.client)
        self.client.call(streaming.send_bytes, 0, wire.STREAM_WINDOW + 1000)
        full.end()
        self.client.call(streaming.let_go, 1)
        self.client.pump(QUIET_S)
        (init,) = host.inits(daemon.range)
        before = host.cpu_ticks(init)
        self.client.pump(QUIET_S)
        self.assertLessEqual(host.cpu_ticks(init) - before, 1)

    def test_the_port_cannot_be_taken_from_init(self):
        self.assertEqual(self.client.call(streaming.take_port), ['EADDRINUSE'] * 3)

    def test_the_end_of_the_sandbox_ends_open_streams_and_leaves_nothing(self):
        self.client.hang_up()
        before = host.host_state(daemon, daemon.range)
        with Client(daemon.socket) as client:
            client.open().call(streaming.hold, CONNECTIONS + 5)
            client.hang_up()
        self.assertFalse(host.leftovers(daemon, daemon.range, before))


class Numbers(unittest.TestCase):
    def test_an_old_number_is_not_used_again_soon(self):
        """What is still on its way for the old one would be taken for the new one's."""
        with Client(daemon.socket) as client:
            client.open()
            numbers = []
            for _ in range(3):
                client.call(streaming.hold, 1)
                stream = Stream(client)
                stream.close()
                stream.expect(wire.STREAM_CLOSE)
                numbers.append(stream.number)
            self.assertEqual(numbers, [1, 2, 3])
            client.hang_up()
