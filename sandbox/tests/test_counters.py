"""What the kernel counts in a control group: v1 for real, v2 in a folder that stands for the hierarchy."""

import os
import select
import signal
import subprocess
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from sandbox import environment, hierarchies
from sandbox.counters import Counters

from .harness import DEADLINE_S, PYTHON

LIMITS = environment.load('ipython').limits
NAME = f'sandbox-test-{os.getpid()}'


class Version2(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / 'memory.events').write_text('low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n')
        (folder / 'pids.events').write_text('max 7\n')
        (folder / 'cpu.stat').write_text('usage_usec 8500000\nuser_usec 1\nsystem_usec 2\n')
        self.counters = Counters({}, folder)
        self.addCleanup(self.counters.close)

    def test_the_counts_are_those_of_the_group(self):
        self.assertEqual((self.counters.read(), self.counters.cpu_seconds()), ((5, 7), 8.5))

    def test_the_kernel_tells_of_memory_and_of_processes(self):
        self.assertEqual([events for _, events in self.counters.triggers()], [select.EPOLLPRI] * 2)


@unittest.skipUnless(Path('/sys/fs/cgroup/memory').is_dir(), 'this host has no control groups of version 1')
class Version1(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        groups = hierarchies.detect(NAME, Path(folder))
        groups.prepare()
        self.addCleanup(groups.remove)
        self.group = groups.group('slot-0')
        self.addCleanup(self.group.close)

    def test_a_process_killed_for_memory_is_counted_and_the_kernel_tells(self):
        self.group.limit(replace(LIMITS, memory_mb=32))
        self.assertEqual(self.run_inside('bytearray(100 << 20)'), -signal.SIGKILL)
        self.assertTrue(self.has_been_triggered())
        self.assertEqual(self.group.counters.read(), (1, 0))
        self.assertFalse(self.has_been_triggered())

    def test_a_fork_that_is_refused_is_counted(self):
        self.group.limit(replace(LIMITS, processes=1))
        fork_twice = 'import os, time; os.fork() and os.fork() and os._exit(0); time.sleep(10)'
        self.assertEqual(self.run_inside(fork_twice), 1)
        self.assertEqual(self.group.counters.read(), (0, 1))

    def test_processor_time_is_counted(self):
        # What was used before it was put into the group does not count.
        self.run_inside('import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass')
        self.assertTrue(0.2 <= self.group.counters.cpu_seconds() < 2)

    def run_inside(self, code):
        """Runs Python code in the group. Returns the exit code; what it leaves running is killed."""
        process = subprocess.Popen(
            [PYTHON, '-S', '-c', f'input()\n{code}'], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.kill)
        self.group.attach(process.pid)
        process.communicate(b'\n', DEADLINE_S)
        self.group.kill()
        return process.returncode

    def has_been_triggered(self):
        poll = select.poll()
        for descriptor, events in self.group.counters.triggers():
            poll.register(descriptor, events)
        return bool(poll.poll(0))
