"""What the filter lets through of sockets where there is a network, asked of the programs."""

import errno
import socket
import unittest

from sandbox import seccomp

from . import bpf
from .wanted import (
    AF_PACKET, IPPROTO_MPTCP, MSG_FASTOPEN, MSG_ZEROCOPY, TCP_ZEROCOPY_RECEIVE, WRONG_OPTIONS, WRONG_SOCKETS,
)

SYS_SOCKET, SYS_SETSOCKOPT, SYS_GETSOCKOPT, SYS_SENDTO = 41, 54, 55, 44

# The kernel reads 32 bits of these arguments and the filter 64.
HIGH = 1 << 32


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = seccomp.compile_programs(True)

    def answers(self, number, *arguments):
        return {bpf.answer(program, bpf.Call(number, arguments=arguments)) for program in self.programs.values()}

    def test_at_most_230_system_calls_are_reachable(self):
        variants = [(1, 0x5401), (2, 1, 0), (0, 1, 2), (3, 3, 3)]
        for name, program in self.programs.items():
            reachable = {
                number for number in range(600) for arguments in variants
                if bpf.answer(program, bpf.Call(number, arguments=arguments)) == bpf.ALLOW
            }
            self.assertTrue(200 <= len(reachable) <= 230, f'{name}: {len(reachable)}')

    def test_sockets_are_streams_and_datagrams_of_the_internet_and_unix_families(self):
        for family in (socket.AF_INET, socket.AF_INET6):
            for kind, protocol in ((1, 0), (1, 6), (2, 0), (2, 17), (1 | 0x80800, 6), (2 | 0x800, 0)):
                self.assertEqual(self.answers(SYS_SOCKET, family, kind, protocol), {bpf.ALLOW})
        for wrong in WRONG_SOCKETS:
            self.assertNotIn(bpf.ALLOW, self.answers(SYS_SOCKET, *wrong), wrong)

    def test_bits_the_kernel_ignores_open_nothing(self):
        for arguments in ((HIGH | AF_PACKET, 3, 0), (HIGH | 2, 3, 1), (2, HIGH | 3, 1), (2, 1, HIGH | IPPROTO_MPTCP)):
            self.assertNotIn(bpf.ALLOW, self.answers(SYS_SOCKET, *arguments), arguments)
        for level, option in WRONG_OPTIONS:
            for arguments in ((3, HIGH | level, option), (3, level, HIGH | option)):
                self.assertNotIn(bpf.ALLOW, self.answers(SYS_SETSOCKOPT, *arguments), arguments)

    def test_an_options_number_counts_for_its_level_alone(self):
        """TCP_ULP is 31 and SO_KEEPALIVE 9; 13 is SO_LINGER for sockets and TCP_CONGESTION for TCP."""
        self.assertEqual(self.answers(SYS_SETSOCKOPT, 3, socket.SOL_SOCKET, 13), {bpf.ALLOW})
        for level, option in WRONG_OPTIONS:
            got = self.answers(SYS_SETSOCKOPT, 3, level, option)
            self.assertEqual(got, {bpf.ERRNO | errno.ENOSYS}, (level, option))

    def test_pages_of_the_network_are_not_mapped(self):
        self.assertEqual(self.answers(SYS_GETSOCKOPT, 3, socket.IPPROTO_TCP, socket.TCP_NODELAY), {bpf.ALLOW})
        got = self.answers(SYS_GETSOCKOPT, 3, socket.IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE)
        self.assertEqual(got, {bpf.ERRNO | errno.ENOSYS})

    def test_nothing_is_sent_before_a_connection_or_without_a_copy(self):
        for flag in (MSG_FASTOPEN, MSG_ZEROCOPY):
            self.assertEqual(self.answers(SYS_SENDTO, 3, 0, 0, flag), {bpf.ERRNO | errno.ENOSYS})
