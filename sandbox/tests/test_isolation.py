"""What of a sandbox the host sees, and what works inside though nothing of the host is there; attacks are by family."""

import os
import re
import unittest
from pathlib import Path

from sandbox import slots

from . import host
from .attacks import seeing
from .client import Client
from .harness import Daemon


def setUpModule():
    global daemon, one
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)
    one = unittest.enterModuleContext(Client(daemon.socket)).open()


class Outside(unittest.TestCase):
    def test_init_has_no_more_than_it_needs(self):
        """CHOWN, KILL, SETGID and SETUID, over the two users of its own namespace."""
        for pid in host.inits(daemon.range):
            status = Path(f'/proc/{pid}/status').read_text()
            for name in ('CapPrm', 'CapEff'):
                self.assertEqual(int(re.search(rf'{name}:\t(\w+)', status)[1], 16), 1 << 0 | 1 << 5 | 1 << 6 | 1 << 7)
            self.assertRegex(status, 'CapBnd:\t0000000000000000')
            self.assertRegex(status, 'NoNewPrivs:\t1')
            self.assertRegex(status, 'Seccomp:\t2')

    def test_init_cannot_be_traced_even_by_who_sees_it(self):
        """What is not dumpable belongs, in /proc, to the root of the namespace that executed it: the template's."""
        base = slots.FIRST_ID + daemon.range * slots.RANGE_IDS
        for pid in host.inits(daemon.range):
            self.assertEqual(Path(f'/proc/{pid}/mem').stat().st_uid, base)

    def test_no_process_of_a_sandbox_is_root_on_the_host(self):
        users = {uid for _, uid, _ in host.processes(daemon.range)}
        self.assertEqual(users, {1, 2})

    def test_every_namespace_is_its_own(self):
        for pid in host.inits(daemon.range):
            for kind in ('cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'):
                own, hosts = (os.readlink(f'/proc/{which}/ns/{kind}') for which in (pid, 'self'))
                self.assertNotEqual(own, hosts, kind)


class Inside(unittest.TestCase):
    def test_home_tmp_and_shm_can_be_written(self):
        got = one.call(seeing.write_errors, ['/home/user/x', '/tmp/x', '/dev/shm/x'])
        self.assertEqual(set(got.values()), {None}, got)

    def test_what_top_and_free_read_is_there(self):
        for line in ('!free', '!uptime', '!ps aux', '!top -bn1'):
            self.assertNotIn('rror', one.run(line), line)

    def test_the_visitor_sees_their_own_processes(self):
        self.assertIn(one.call(seeing.own_process)[0], one.call(seeing.visible_processes))

    def test_the_environment_holds_what_was_declared(self):
        names = {'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TERM', 'COLORTERM', 'PATH', 'PYTHONUSERBASE'}
        self.assertLessEqual(names, set(one.call(seeing.environment_at_start)))

    def test_there_is_a_name_of_its_own(self):
        self.assertIn('try-console', one.run('!uname -n'))
