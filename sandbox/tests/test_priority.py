"""No visitor comes before others: neither to the processor, nor as the last to go when memory is short."""

import contextlib
import resource
import unittest
from pathlib import Path

from . import host
from .attacks import hurrying
from .client import Client
from .harness import Daemon


def setUpModule():
    global daemon, one
    with generous_host():
        daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)
    one = unittest.enterModuleContext(Client(daemon.socket)).open()


@contextlib.contextmanager
def generous_host():
    """What is started meanwhile could take real-time priorities, and be the last to go when memory is short.

    As far as this host lets its root be generous: that takes CAP_SYS_RESOURCE.
    """
    score = Path('/proc/self/oom_score_adj')
    with contextlib.ExitStack() as undo:
        with contextlib.suppress(ValueError, PermissionError):
            for limit, generous in ((resource.RLIMIT_RTPRIO, 10), (resource.RLIMIT_NICE, 30)):
                undo.callback(resource.setrlimit, limit, resource.getrlimit(limit))
                resource.setrlimit(limit, (generous, generous))
            undo.callback(score.write_text, score.read_text())
            score.write_text('-500')
        yield


class Processor(unittest.TestCase):
    def test_no_limit_allows_a_priority_above_others(self):
        self.assertEqual(one.call(hurrying.priority_limits), {'RTPRIO': [0, 0], 'NICE': [0, 0]})

    def test_no_real_time_policy_can_be_taken(self):
        self.assertEqual(one.call(hurrying.errors_of_policies), {'SCHED_FIFO': 'EPERM', 'SCHED_RR': 'EPERM'})

    def test_niceness_can_be_raised_and_not_lowered(self):
        self.assertEqual(one.call(hurrying.errors_of_niceness, [5, -1]), [None, 'EACCES'])


class Memory(unittest.TestCase):
    def test_the_visitor_goes_before_init_when_memory_is_short(self):
        self.assertEqual(one.call(hurrying.oom_score), 500)
        for pid in host.inits(daemon.range):
            with open(f'/proc/{pid}/oom_score_adj') as file:
                self.assertEqual(int(file.read()), 0)

    def test_the_visitor_cannot_put_others_of_the_host_before_them(self):
        got = one.call(hurrying.errors_of_oom_scores, [1000, 0, -1, -1000])
        self.assertEqual(got, [None, None, 'EACCES', 'EACCES'])
