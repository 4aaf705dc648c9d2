"""Attacks by family, through the real terminal of real sandboxes: every promise is held, and the host is as before."""

import os
import unittest

from sandbox import environment, slots, wire

from . import attacking, host
from .attacks import planting
from .client import Client
from .ending import MANY
from .facts import IPC_KEY, MARK, facts, plant_key, plant_socket
from .harness import Daemon, eventually
from .kernel_log import KernelLog

# What runs alone in a session, in the order of the issue. The others need a second session, or the host to judge.
FAMILIES = (
    'filesystem', 'proc', 'devices', 'privilege', 'calls', 'arguments', 'network', 'template', 'memory',
    'kernel_memory', 'disks', 'counts', 'terminal',
)
TOGETHER = ('neighbours', 'starved', 'hog', 'lingering')

# Environments without a network, each with what executes attacks there: its own interpreter where None.
COMMANDS = {'ipython': None, 'bash': 'python3'}

def setUpModule():
    global daemon, before, log
    plant_key()
    unittest.enterModuleContext(plant_socket())
    log = KernelLog()
    unittest.addModuleCleanup(log.close)
    daemon = Daemon(environments=list(COMMANDS)).start()
    unittest.addModuleCleanup(daemon.stop)
    # Every slot has been used, and every template has had a visitor who left something.
    for name in COMMANDS:
        clients = [Client(daemon.socket, name).open() for _ in range(daemon.slots)]
        if name == 'ipython':
            clients[0].call(planting.plant, MARK, IPC_KEY)
        for client in clients:
            client.hang_up()
            client.close()
    before = host.host_state(daemon, daemon.range)


class Attacks(unittest.TestCase):
    """What all families have in common."""

    def assert_held(self, attacks, family):
        """Every attack of the file has run, and each has got nothing."""
        self.assertEqual([each.text for each in attacks if each.verdict != 'HELD'], [])
        self.assertEqual(len(attacks), len(attacking.attacks_in(family)), attacks)

    def assert_host_as_before(self):
        self.assertEqual(host.leftovers(daemon, daemon.range, before), {})
        self.assertEqual(log.lines(), [])


class Alone(Attacks):
    """One session: each family in each environment."""

    def attack(self, family):
        for name, command in COMMANDS.items():
            with self.subTest(environment=name), Client(daemon.socket, name) as client:
                client.open()
                self.assert_held(attacking.run(client, family, facts(daemon, name), command), family)
                # Whatever it did, the prompt is there.
                self.assertIn('4711', client.run('echo $((4710 + 1))' if command else '4710 + 1'))
                client.hang_up()
        self.assert_host_as_before()

    def test_files(self):
        self.attack('filesystem')

    def test_proc_and_sys(self):
        self.attack('proc')

    def test_devices(self):
        self.attack('devices')

    def test_privilege(self):
        self.attack('privilege')

    def test_system_calls(self):
        self.attack('calls')

    def test_arguments_of_system_calls(self):
        self.attack('arguments')

    def test_network(self):
        self.attack('network')

    def test_template(self):
        self.attack('template')

    def test_memory(self):
        self.attack('memory')

    def test_memory_of_the_kernel(self):
        self.attack('kernel_memory')

    def test_disks(self):
        self.attack('disks')

    def test_counts(self):
        self.attack('counts')

    def test_terminal(self):
        self.attack('terminal')

    def test_every_file_of_attacks_is_run(self):
        families = {path.stem for path in attacking.FOLDER.glob('*.py') if "__name__ == '__main__'" in path.read_text()}
        self.assertEqual(families, {*FAMILIES, *TOGETHER})


class Together(Attacks):
    """Two living sessions: what one has, the other neither finds nor takes."""

    def setUp(self):
        self.one, self.other = (self.enterContext(Client(daemon.socket)).open() for _ in range(2))

    def tearDown(self):
        self.one.hang_up()
        self.other.hang_up()
        self.assert_host_as_before()

    def test_what_one_has_the_other_does_not_find(self):
        self.one.call(planting.plant, MARK, IPC_KEY)
        own = self.one.call(planting.namespaces)
        found = host.processes(daemon.range)
        base = slots.FIRST_ID + daemon.range * slots.RANGE_IDS
        told = facts(
            daemon, pids=[pid for pid, _, _ in found][:20], namespaces=own + host.namespaces(os.getpid()),
            users=sorted({base + uid for _, uid, _ in found} - self.users_of(self.other)),
        )
        self.assert_held(attacking.run(self.other, 'neighbours', told), 'neighbours')

    def users_of(self, client):
        """The host's numbers of a session's root and user."""
        inside = client.run("!grep -o 'uid=[0-9]*' /proc/self/mountinfo | sort -u")
        users = {int(number) for number in inside.replace('uid=', ' ').split() if number.isdigit()}
        return users | {user - 1 for user in users} | {user + 1 for user in users}

    def test_what_one_takes_the_other_does_not_lack(self):
        self.assert_held(attacking.run(self.one, 'hog', facts(daemon)), 'hog')
        most = environment.load('ipython').limits.processes
        self.assertTrue(eventually(lambda: host.tasks(daemon.range) > most), host.tasks(daemon.range))
        self.assert_held(attacking.run(self.other, 'starved', facts(daemon)), 'starved')


class Terminals(Attacks):
    """A terminal that is wedged keeps neither init, nor the terminal beside it, nor the end waiting."""

    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket)).open()

    def assert_beside_it_all_goes_on(self):
        self.client.open(2)
        self.assertIn('4711', self.client.run('4710 + 1', terminal=2))
        self.client.hang_up()
        self.assert_host_as_before()

    def test_a_terminal_that_is_raw_and_stopped_keeps_nobody_waiting(self):
        self.client.start(planting.wedge)
        self.client.expect('wedged now')
        self.client.type('\x03' * 100)
        self.client.send(wire.SIGNAL, 1, b'INT')
        self.client.resize(10, 10)
        self.assert_beside_it_all_goes_on()

    def test_a_terminal_that_is_flooded_keeps_nobody_waiting(self):
        self.client.start(planting.flood)
        self.client.expect('xxxx')
        self.assert_beside_it_all_goes_on()

    def test_a_signal_to_a_foreground_that_has_gone_ends_nothing(self):
        self.client.start(planting.vanish)
        self.client.expect('group gone')
        self.client.send(wire.SIGNAL, 1, b'INT')
        self.assert_beside_it_all_goes_on()


class Lingering(Attacks):
    """Nothing of a session outlives it, whatever was done to stay."""

    def assert_nothing_left(self, attack):
        """attack: its name in lingering.py."""
        with Client(daemon.socket) as client:
            client.open()
            client.type(f'\x1b[200~{attacking.line_for("lingering", facts(daemon, only=[attack]))}\x1b[201~\r')
            self.assertTrue(eventually(lambda: host.tasks(daemon.range) >= MANY), host.processes(daemon.range))
            client.hang_up()
            # The server's end of file means that nothing is left: no time has passed since.
            self.assertEqual(host.processes(daemon.range), [])
        self.assert_host_as_before()

    def test_nothing_is_left_of_any(self):
        for attack in attacking.attacks_in('lingering'):
            with self.subTest(attack):
                self.assert_nothing_left(attack)

