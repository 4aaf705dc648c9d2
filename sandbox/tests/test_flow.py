"""Flow control: windows bound what is on its way, and whoever does not take its share stops only itself."""

import unittest

from sandbox import wire

from . import host
from .client import Client
from .harness import Daemon, eventually

FLOOD = '''exec('while True: print("x" * 99)')\r'''

# What is quiet for so long, in seconds, has stopped.
QUIET_S = 0.5


def setUpModule():
    global daemon
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)


class Flow(unittest.TestCase):
    def connect(self, acknowledging=True):
        """A client with an open terminal. Nothing of it is left when the next test begins."""
        client = self.enterContext(Client(daemon.socket, acknowledging=acknowledging))
        self.addCleanup(client.hang_up)
        return client.open()

    def processes(self):
        """The pids on the host of init and of the terminal."""
        (init,) = host.inits(daemon.range)
        (terminal,) = [pid for pid, uid, _ in host.processes(daemon.range) if uid % 2 == 0]
        return init, terminal

    def flood(self, client):
        """Floods without acknowledging, and returns the output's length once no more comes."""
        client.type(FLOOD)
        output = client.terminals[1].output
        self.assertTrue(eventually(lambda: client.pump(0.05) or len(output) >= wire.OUTPUT_WINDOW))
        client.pump(QUIET_S)
        return len(output)

    def test_without_acknowledgement_a_window_of_output_comes_and_no_more(self):
        came = self.flood(self.connect(acknowledging=False))
        self.assertGreaterEqual(came, wire.OUTPUT_WINDOW)
        self.assertLess(came, wire.OUTPUT_WINDOW + wire.MAX_PAYLOAD)

    def test_without_acknowledgement_the_process_waits(self):
        client = self.connect(acknowledging=False)
        self.flood(client)
        init, terminal = self.processes()
        before = host.cpu_ticks(init) + host.cpu_ticks(terminal)
        client.pump(QUIET_S)
        self.assertLessEqual(host.cpu_ticks(init) + host.cpu_ticks(terminal) - before, 1)

    def test_acknowledging_lets_it_go_on(self):
        client = self.connect(acknowledging=False)
        came = self.flood(client)
        client.acknowledge(came)
        output = client.terminals[1].output
        self.assertTrue(eventually(lambda: client.pump(0.05) or len(output) >= came + wire.OUTPUT_WINDOW))

    def test_acknowledging_a_part_brings_that_part(self):
        client = self.connect(acknowledging=False)
        came = self.flood(client)
        client.acknowledge(came - wire.OUTPUT_WINDOW + 1000)
        output = client.terminals[1].output
        self.assertTrue(eventually(lambda: client.pump(0.05) or len(output) >= came + 1000))
        client.pump(QUIET_S)
        self.assertLess(len(output), came + 1000 + wire.MAX_PAYLOAD)

    def test_ctrl_c_works_while_output_is_not_acknowledged(self):
        client = self.connect(acknowledging=False)
        came = self.flood(client)
        client.type('\x03')
        client.acknowledging = True
        client.acknowledge(came)
        client.expect('KeyboardInterrupt')

    def test_a_stalled_terminal_does_not_stall_the_one_beside_it(self):
        client = self.connect(acknowledging=False)
        client.open(2)
        self.flood(client)
        self.assertIn('42', client.run('6*7', terminal=2))

    def test_a_stalled_sandbox_does_not_stall_the_one_beside_it(self):
        self.flood(self.connect(acknowledging=False))
        with Client(daemon.socket) as other:
            self.assertIn('42', other.open().run('6*7'))

    def test_input_that_was_taken_adds_up_to_what_was_typed(self):
        client = self.connect()
        for line in ('1+1', '"λ" * 3', 'x = "' + 'y' * 5000 + '"'):
            client.run(line)
        terminal = client.terminals[1]
        self.assertTrue(eventually(lambda: client.pump(0.01) or terminal.accepted == terminal.typed))

    def test_input_that_nobody_reads_is_not_acknowledged_and_its_excess_ends_the_sandbox(self):
        client = self.connect()
        client.type("exec('import time; print(1234 * 2); time.sleep(100)')\r")
        client.expect('2468')
        for _ in range(10):
            client.type(b'line\n' * (wire.INPUT_WINDOW // 5))
        client.end()
        terminal = client.terminals[1]
        self.assertLess(terminal.accepted, terminal.typed - wire.INPUT_WINDOW)

    def test_a_server_that_reads_nothing_does_not_make_init_grow(self):
        client = self.connect(acknowledging=False)
        init, terminal = self.processes()
        before = host.memory_kb(init)
        for _ in range(8):
            client.acknowledge(2**28)
        client.type(FLOOD)
        self.assertTrue(eventually(lambda: self.is_waiting(terminal)))
        self.assertLess(host.memory_kb(init) - before, 2 * 1024)
        client.pump(QUIET_S)
        self.assertGreater(len(client.terminals[1].output), wire.OUTPUT_WINDOW)

    def test_a_long_flood_does_not_make_init_grow(self):
        client = self.connect()
        init, _ = self.processes()
        before = host.memory_kb(init)
        client.type("print('x' * 5_000_000 + 'end' + 'ing')\r")
        client.expect('xending', seconds=60)
        self.assertLess(host.memory_kb(init) - before, 2 * 1024)

    def is_waiting(self, pid):
        """Whether a process has come to use no processor time any more. Does not read the connection."""
        begun = host.cpu_ticks(pid)
        return not eventually(lambda: host.cpu_ticks(pid) != begun, QUIET_S)
