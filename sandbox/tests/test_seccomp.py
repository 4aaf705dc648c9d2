"""The system call filter: what it lets through by the program, and what works behind it."""

import errno
import itertools
import socket
import unittest

from sandbox import seccomp

from . import bpf
from .attacks import calling
from .client import Client
from .harness import Daemon

# Beyond the highest number of today's kernels.
NUMBERS = range(600)

# For the calls of which only some are let through: socket(AF_UNIX), prctl(PR_SET_PDEATHSIG), ioctl(TCGETS), clone.
GOOD_ARGUMENTS = (1, 0x5401)

# linux/sched.h, asm/unistd_64.h, asm-generic/ioctls.h
CLONE_NEW = {
    'NEWNS': 0x20000, 'NEWCGROUP': 0x2000000, 'NEWUTS': 0x4000000, 'NEWIPC': 0x8000000, 'NEWUSER': 0x10000000,
    'NEWPID': 0x20000000, 'NEWNET': 0x40000000,
}
SYS_SOCKET, SYS_CLONE, SYS_IOCTL, SYS_PRCTL, X32 = 41, 56, 16, 157, 0x40000000
SIGCHLD = 17
TIOCSTI, TIOCSETD, TIOCLINUX, TIOCCONS = 0x5412, 0x5423, 0x541C, 0x541D

# What no sandbox may reach: name, number, and the error that says so.
BAD_CALLS = (
    ('ptrace', 101, errno.EPERM), ('mount', 165, errno.EPERM), ('umount2', 166, errno.EPERM),
    ('pivot_root', 155, errno.EPERM), ('chroot', 161, errno.EPERM), ('unshare', 272, errno.EPERM),
    ('setns', 308, errno.EPERM), ('bpf', 321, errno.EPERM), ('perf_event_open', 298, errno.EPERM),
    ('userfaultfd', 323, errno.EPERM), ('keyctl', 250, errno.EPERM), ('add_key', 248, errno.EPERM),
    ('request_key', 249, errno.EPERM), ('init_module', 175, errno.EPERM), ('finit_module', 313, errno.EPERM),
    ('kexec_load', 246, errno.EPERM), ('reboot', 169, errno.EPERM), ('open_by_handle_at', 304, errno.EPERM),
    ('process_vm_readv', 310, errno.EPERM), ('process_vm_writev', 311, errno.EPERM), ('kcmp', 312, errno.EPERM),
    ('inotify_init', 253, errno.EPERM), ('inotify_init1', 294, errno.EPERM), ('fanotify_init', 300, errno.EPERM),
    ('syslog', 103, errno.EPERM), ('personality', 135, errno.EPERM), ('sethostname', 170, errno.EPERM),
    ('clock_settime', 227, errno.EPERM), ('iopl', 172, errno.EPERM), ('quotactl', 179, errno.EPERM),
    ('io_uring_setup', 425, errno.ENOSYS), ('io_setup', 206, errno.ENOSYS), ('clone3', 435, errno.ENOSYS),
    ('splice', 275, errno.ENOSYS), ('vmsplice', 278, errno.ENOSYS), ('tee', 276, errno.ENOSYS),
    ('sendfile', 40, errno.ENOSYS), ('shmget', 29, errno.ENOSYS), ('semget', 64, errno.ENOSYS),
    ('msgget', 68, errno.ENOSYS), ('mq_open', 240, errno.ENOSYS), ('fsopen', 430, errno.ENOSYS),
    ('open_tree', 428, errno.ENOSYS), ('move_mount', 429, errno.ENOSYS), ('mount_setattr', 442, errno.ENOSYS),
    ('pidfd_getfd', 438, errno.ENOSYS), ('process_madvise', 440, errno.ENOSYS), ('move_pages', 279, errno.ENOSYS),
    ('modify_ldt', 154, errno.ENOSYS), ('seccomp', 317, errno.ENOSYS), ('setresuid', 117, errno.ENOSYS),
    ('capset', 126, errno.ENOSYS), ('vhangup', 153, errno.ENOSYS), ('memfd_secret', 447, errno.ENOSYS),
)


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.programs = seccomp.compile_programs(has_network=False)

    def user(self, number, *arguments, architecture=bpf.X86_64):
        return bpf.answer(self.programs['user'], bpf.Call(number, architecture, arguments))

    def assert_allowed(self, number, *arguments):
        self.assertEqual(self.user(number, *arguments), bpf.ALLOW)

    def assert_refused(self, number, *arguments):
        self.assertNotEqual(self.user(number, *arguments), bpf.ALLOW)

    def test_at_most_230_system_calls_are_reachable(self):
        for name, program in self.programs.items():
            answers = {n: bpf.answer(program, bpf.Call(n, arguments=GOOD_ARGUMENTS)) for n in NUMBERS}
            reachable = [n for n, answer in answers.items() if answer in (bpf.ALLOW, bpf.NOTIFY)]
            self.assertTrue(200 <= len(reachable) <= 230, f'{name}: {len(reachable)}')

    def test_the_visitor_reaches_nothing_that_init_does_not(self):
        for number in NUMBERS:
            if self.user(number, *GOOD_ARGUMENTS) == bpf.ALLOW:
                call = bpf.Call(number, arguments=GOOD_ARGUMENTS)
                self.assertEqual(bpf.answer(self.programs['init'], call), bpf.ALLOW, number)

    def test_no_call_of_another_architecture_is_let_through(self):
        for number, arguments in itertools.product(NUMBERS, ((), GOOD_ARGUMENTS)):
            for program in self.programs.values():
                old = bpf.Call(number, bpf.I386, arguments)
                x32 = bpf.Call(number | X32, bpf.X86_64, arguments)
                for call in (old, x32):
                    self.assertEqual(bpf.answer(program, call), bpf.ERRNO | errno.ENOSYS, call)

    def test_nothing_is_killed(self):
        for number, arguments in itertools.product(NUMBERS, ((), GOOD_ARGUMENTS)):
            answer = self.user(number, *arguments)
            self.assertTrue(answer in (bpf.ALLOW, bpf.NOTIFY) or answer & 0xFFFF0000 == bpf.ERRNO, number)

    def test_no_known_bad_call_is_on_a_list_that_lets_through(self):
        names = {name for name, _, _ in BAD_CALLS}
        self.assertFalse(names & set(seccomp.ALLOWED))
        self.assertFalse(set(seccomp.REFUSED) & set(seccomp.ALLOWED + seccomp.INIT_ONLY))

    def test_clone_makes_processes_and_threads_but_no_namespace(self):
        self.assert_allowed(SYS_CLONE, SIGCHLD)
        self.assert_allowed(SYS_CLONE, 0x3D0F00)
        for name, flag in CLONE_NEW.items():
            with self.subTest(name):
                self.assert_refused(SYS_CLONE, flag | SIGCHLD)
                call = bpf.Call(SYS_CLONE, arguments=(flag | SIGCHLD,))
                self.assertNotEqual(bpf.answer(self.programs['init'], call), bpf.ALLOW)

    def test_sockets_are_of_the_unix_family_alone(self):
        self.assert_allowed(SYS_SOCKET, socket.AF_UNIX)
        for family in set(range(64)) - {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}:
            self.assertEqual(self.user(SYS_SOCKET, family), bpf.ERRNO | errno.EAFNOSUPPORT)
        # init is asked about these, and refuses.
        for family in (socket.AF_INET, socket.AF_INET6):
            self.assertEqual(self.user(SYS_SOCKET, family), bpf.NOTIFY)

    def test_bits_the_kernel_ignores_open_nothing(self):
        """The kernel reads 32 bits of these arguments and the filter 64."""
        high = 1 << 32
        self.assert_refused(SYS_SOCKET, high | socket.AF_INET)
        self.assert_refused(SYS_IOCTL, 0, high | TIOCSTI)
        self.assert_refused(SYS_CLONE, high | CLONE_NEW['NEWUSER'])

    def test_ioctl_does_not_type_for_the_visitor(self):
        for request in (TIOCSTI, TIOCSETD, TIOCLINUX, TIOCCONS):
            self.assert_refused(SYS_IOCTL, 0, request)

    def test_prctl_does_not_change_what_was_locked(self):
        for option in (22, 24, 28, 35, 36, 47, 0x59616D61):
            self.assert_refused(SYS_PRCTL, option)


class Use(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        daemon = Daemon().start()
        cls.addClassCleanup(daemon.stop)
        cls.client = cls.enterClassContext(Client(daemon.socket))
        cls.client.open()

    def test_what_python_needs_works(self):
        parts = ['subprocess', 'threads', 'asyncio', 'sqlite3', 'tempfile']
        self.assertEqual(self.client.call(calling.use_python), parts)

    def test_multiprocessing_works(self):
        self.assertEqual(self.client.call(calling.use_multiprocessing), [1, 2, 3])

    def test_sync_returns_at_once_and_does_nothing(self):
        self.assertEqual(self.client.call(calling.errors_of_calls, [162]), [None])
