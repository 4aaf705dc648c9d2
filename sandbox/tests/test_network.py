"""A network of the sandbox's own: usable inside, and leading nowhere else."""

import re
import socket
import subprocess
import unittest
from pathlib import Path

from sandbox import cgroups, environment, hierarchies

from . import host, networked
from .attacks import connecting
from .client import Client
from .harness import PYTHON
from .wanted import RIGHT_OPTIONS, WRONG_OPTIONS, WRONG_SOCKETS

# Run on the host: joins a sandbox as its root, with every right that there is in its user namespace, and tries.
AS_ROOT_OF_THE_SANDBOX = '''
import ctypes, errno, fcntl, os, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
namespaces = [os.open(f'/proc/{sys.argv[1]}/ns/{kind}', os.O_RDONLY) for kind in ('net', 'user')]
for descriptor in namespaces:
    assert libc.setns(descriptor, 0) == 0
address = struct.pack('16sHH4s8x', b'lo', socket.AF_INET, 0, bytes((10, 0, 0, 1)))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    for number, argument in ((0x8914, struct.pack('16sH14x', b'lo', 0)), (0x8916, address), (0x890B, bytes(120))):
        try:
            fcntl.ioctl(any_socket, number, argument)
            print('done')
        except OSError as error:
            print(errno.errorcode[error.errno])
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    print('done')
except OSError as error:
    print(errno.errorcode[error.errno])
'''


def setUpModule():
    global daemon, one
    daemon = networked.serve('"loopback"')
    one = unittest.enterModuleContext(Client(daemon.socket)).open()


class Inside(unittest.TestCase):
    def test_a_server_and_a_client_of_one_sandbox_meet(self):
        self.assertEqual(one.call(connecting.serve_http), ['served', 'served'])

    def test_event_loops_managers_and_datagrams_work(self):
        self.assertEqual(one.call(connecting.use_libraries), ['ASYNCIO', 'manager', 'datagram', 'datagram'])

    def test_what_servers_and_clients_set_can_be_set(self):
        self.assertEqual(one.call(connecting.option_errors, RIGHT_OPTIONS), [None] * len(RIGHT_OPTIONS))

    def test_there_is_no_word_of_a_proxy(self):
        self.assertNotIn('proxy', one.run('!env | grep -i proxy | cut -d_ -f2').split('!env')[1].partition('\n')[2])


class Attacks(unittest.TestCase):
    def test_no_other_kind_of_socket_is_made(self):
        got = one.call(connecting.socket_errors, WRONG_SOCKETS)
        self.assertEqual(set(got), {'EPERM', 'ENOSYS', 'EAFNOSUPPORT'}, got)

    def test_no_exotic_option_is_set(self):
        self.assertEqual(one.call(connecting.option_errors, WRONG_OPTIONS), ['ENOSYS'] * len(WRONG_OPTIONS))

    def test_nothing_outside_is_reached(self):
        """Addresses that are for documentation alone: nothing would answer, were they reached."""
        for address in ('192.0.2.1', '2001:db8::1', '10.0.0.1', '169.254.169.254'):
            self.assertEqual(one.call(connecting.connect_error, address, 80), 'ENETUNREACH')

    def test_what_listens_on_the_host_is_not_reached(self):
        with socket.create_server(('127.0.0.1', 0)) as listener:
            listener.settimeout(0.2)
            port = listener.getsockname()[1]
            self.assertEqual(one.call(connecting.connect_error, '127.0.0.1', port), 'ECONNREFUSED')
            with self.assertRaises(TimeoutError):
                listener.accept()

    def test_ports_of_system_services_are_not_taken(self):
        self.assertEqual(one.call(connecting.bind_error, 80), 'EACCES')
        self.assertEqual(one.call(connecting.bind_error, 1024), None)

    def test_the_visitor_configures_nothing(self):
        self.assertEqual(set(one.call(connecting.interface_errors).values()), {'ENOSYS'})

    def test_the_sandboxs_own_root_configures_nothing(self):
        (init,) = host.inits(daemon.range)
        command = [PYTHON, '-c', AS_ROOT_OF_THE_SANDBOX, str(init)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(shown, ['EPERM'] * 4)

    def test_full_buffers_are_bounded_in_all(self):
        """By the kernel's own settings these would hold 500 MB of the host's, which version 1 does not count."""
        most = 2 * cgroups.SOCKET_BYTES if hierarchies.is_v1() else environment.load('ipython').limits.memory_mb << 20
        before = _socket_pages()
        with Client(daemon.socket) as client:
            client.open().call(connecting.fill_buffers, 4, 110, seconds=60)
            held = (_socket_pages() - before) * 4096
            client.hang_up()
        self.assertGreater(held, 0)
        self.assertLess(held, most)


class Apart(unittest.TestCase):
    def test_the_next_visitor_sees_nothing_of_the_last_one(self):
        """One slot: what can be used again is."""
        alone = networked.serve('"loopback"', slots=1)
        with Client(alone.socket) as first:
            self.assertGreater(first.open().call(connecting.leave_traces), 10)
            first.hang_up()
        with Client(alone.socket) as second:
            self.assertEqual(second.open().call(connecting.traces), [])

    def test_two_sandboxes_do_not_meet(self):
        with Client(daemon.socket) as other:
            other.open().call(connecting.leave_traces)
            other.run('import socket; kept = socket.create_server(("0.0.0.0", 8003))')
            self.assertEqual(one.call(connecting.connect_error, '127.0.0.1', 8003), 'ECONNREFUSED')
            self.assertEqual(other.call(connecting.connect_error, '127.0.0.1', 8003), None)
            other.hang_up()

    def test_nothing_is_left_of_one_with_open_connections(self):
        with Client(daemon.socket) as client:
            client.open().hang_up()  # its slot stays
        before = host.host_state(daemon, daemon.range)
        with Client(daemon.socket) as client:
            client.open().call(connecting.fill_buffers, 2, 5)
            client.hang_up()
        self.assertFalse(host.leftovers(daemon, daemon.range, before))


def _socket_pages():
    """Memory that all TCP and UDP sockets of the host hold, in pages."""
    shown = Path('/proc/net/sockstat').read_text()
    return sum(map(int, re.findall(r'^(?:TCP|UDP):.* mem (\d+)', shown, re.MULTILINE)))
