"""System calls of which only some uses are let through: which ones, by the program; and what libraries need of them."""

import errno
import unittest

from sandbox import seccomp

from . import bpf
from .attacks import arguing
from .client import Client
from .harness import Daemon

# asm/unistd_64.h
SYS_MADVISE, SYS_MINCORE, SYS_SETSOCKOPT, SYS_FCNTL, SYS_FADVISE64 = 28, 27, 54, 72, 221
# Calls that send or receive, with the position of their flags.
MESSAGES = {'sendto': (44, 3), 'recvfrom': (45, 3), 'sendmsg': (46, 2), 'recvmsg': (47, 2), 'recvmmsg': (299, 3),
            'sendmmsg': (307, 3)}

# linux/fcntl.h, asm-generic/fcntl.h
F_SETSIG, F_SETLEASE, F_GETLEASE, F_NOTIFY = 10, 1024, 1025, 1026
# asm-generic/mman-common.h
DONTNEED, MERGEABLE, COLD, PAGEOUT = 4, 12, 20, 21
# asm-generic/socket.h
SOL_SOCKET, SO_PASSCRED, SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF = 1, 16, 26, 50, 52
# linux/socket.h
MSG_OOB, MSG_DONTWAIT, MSG_NOSIGNAL = 1, 0x40, 0x4000

# The kernel reads 32 bits of these arguments and the filter 64.
HIGH = 1 << 32


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = [
            program for has_network in (False, True) for program in seccomp.compile_programs(has_network).values()
        ]

    def assert_answer(self, expected, number, *arguments):
        for program in self.programs:
            self.assertEqual(bpf.answer(program, bpf.Call(number, arguments=arguments)), expected, arguments)

    def assert_refused(self, number, *arguments):
        self.assert_answer(bpf.ERRNO | errno.ENOSYS, number, *arguments)

    def test_fcntl_neither_watches_folders_nor_leases_files(self):
        self.assert_answer(bpf.ALLOW, SYS_FCNTL, 3, 1)
        for command in (F_NOTIFY, F_SETLEASE, F_GETLEASE, F_SETSIG):
            self.assert_refused(SYS_FCNTL, 3, command)
            self.assert_refused(SYS_FCNTL, 3, HIGH | command)

    def test_madvise_neither_merges_nor_evicts_pages(self):
        self.assert_answer(bpf.ALLOW, SYS_MADVISE, 0, 4096, DONTNEED)
        for advice in (MERGEABLE, COLD, PAGEOUT):
            self.assert_refused(SYS_MADVISE, 0, 4096, advice)
            self.assert_refused(SYS_MADVISE, 0, 4096, HIGH | advice)

    def test_mincore_does_not_tell_what_neighbours_have_read(self):
        self.assert_refused(SYS_MINCORE)

    def test_fadvise_answers_0_without_the_kernel(self):
        self.assert_answer(bpf.ERRNO, SYS_FADVISE64, 3, 0, 0, 4)

    def test_no_program_can_be_attached_to_a_socket(self):
        self.assert_answer(bpf.ALLOW, SYS_SETSOCKOPT, 3, SOL_SOCKET, SO_PASSCRED)
        for option in (SO_ATTACH_FILTER, SO_ATTACH_BPF, SO_ATTACH_REUSEPORT_EBPF):
            self.assert_refused(SYS_SETSOCKOPT, 3, SOL_SOCKET, option)
            self.assert_refused(SYS_SETSOCKOPT, 3, SOL_SOCKET, HIGH | option)

    def test_nothing_is_sent_or_received_out_of_band(self):
        for name, (number, position) in MESSAGES.items():
            before = (3,) * position
            with self.subTest(name):
                self.assert_answer(bpf.ALLOW, number, *before, MSG_NOSIGNAL | MSG_DONTWAIT)
                for flags in (MSG_OOB, MSG_OOB | MSG_DONTWAIT, HIGH | MSG_OOB):
                    self.assert_refused(number, *before, flags)


class Use(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        daemon = Daemon().start()
        cls.addClassCleanup(daemon.stop)
        cls.client = cls.enterClassContext(Client(daemon.socket))
        cls.client.open()

    def test_what_libraries_need_of_these_calls_works(self):
        self.assertEqual(self.client.call(arguing.use_sockets_locks_and_memory), [
            'asyncio', 'descriptors', 'lock', 'seal', 'timeout', 'fresh memory', 'queue',
        ])
