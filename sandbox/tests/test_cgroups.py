"""Control groups: what is written where. v1 for real; v2 into a folder that stands for the hierarchy."""

import os
import signal
import subprocess
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from sandbox import cgroups, environment, hierarchies

from .harness import eventually

LIMITS = environment.load('ipython').limits
# Not like a daemon's: a daemon that starts meanwhile would sweep it.
NAME = f'sandbox-test-{os.getpid()}'

# The files that the kernel makes with every v2 group.
_V2_FILES = (
    'cgroup.controllers', 'cgroup.events', 'cgroup.kill', 'cgroup.procs', 'cgroup.subtree_control',
    'cpu.max', 'cpu.max.burst', 'memory.max', 'memory.swap.max', 'pids.max',
)

# And those of them that count.
_V2_COUNTS = {
    'cpu.stat': 'usage_usec 0\nuser_usec 0\nsystem_usec 0\n',
    'memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n',
    'pids.events': 'max 0\n',
}


class Version2(unittest.TestCase):
    """A plain folder has no kernel behind it: whatever was written last can be read."""

    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for folder in (self.root, self.root / NAME, self.root / NAME / 'slot-0'):
            folder.mkdir(exist_ok=True)
            for name in _V2_FILES:
                (folder / name).write_text('')
            for name, text in _V2_COUNTS.items():
                (folder / name).write_text(text)
        self.groups = cgroups.ControlGroups({}, self.root, NAME)
        self.slot = self.root / NAME / 'slot-0'

    def group(self):
        group = self.groups.group('slot-0')
        self.addCleanup(group.close)
        return group

    def read(self, name):
        return (self.slot / name).read_text()

    def test_the_controllers_are_handed_down_to_the_slots(self):
        self.groups.prepare()
        for folder in (self.root, self.root / NAME):
            self.assertEqual((folder / 'cgroup.subtree_control').read_text(), '+memory +pids +cpu')

    def test_the_limits_are_written_as_declared(self):
        self.group().limit(LIMITS)
        self.assertEqual(self.read('memory.max'), str(LIMITS.memory_mb * 1024 * 1024))
        self.assertEqual(self.read('memory.swap.max'), '0')
        self.assertEqual(self.read('pids.max'), str(LIMITS.processes + 1))
        self.assertEqual(self.read('cpu.max'), f'{LIMITS.cpu_percent * 1000} 100000')
        self.assertEqual(self.read('cpu.max.burst'), str(LIMITS.cpu_burst_percent * 1000))

    def test_a_kernel_without_swap_accounting_or_burst_will_do(self):
        (self.slot / 'memory.swap.max').unlink()
        (self.slot / 'cpu.max.burst').unlink()
        self.group().limit(LIMITS)
        self.assertEqual(self.read('pids.max'), str(LIMITS.processes + 1))

    def test_a_kernel_without_a_limit_that_matters_will_not(self):
        (self.slot / 'memory.max').unlink()
        with self.assertRaisesRegex(OSError, 'memory.max'):
            self.group().limit(LIMITS)

    def test_the_slow_lane_is_a_lower_quota_without_a_burst(self):
        self.group().slow_down(LIMITS)
        self.assertEqual(self.read('cpu.max'), f'{LIMITS.slow_percent * 1000} 100000')
        self.assertEqual(self.read('cpu.max.burst'), '0')

    def test_a_process_is_put_in_by_its_pid(self):
        self.group().attach(4711)
        self.assertEqual(self.read('cgroup.procs'), '4711')

    def test_killing_lifts_the_quota(self):
        self.group().kill()
        self.assertEqual(self.read('cpu.max'), 'max 100000')
        self.assertEqual(self.read('cgroup.kill'), '1')

    def test_a_group_is_empty_when_the_kernel_says_so(self):
        group = self.group()
        for populated in (1, 0):
            (self.slot / 'cgroup.events').write_text(f'populated {populated}\nfrozen 0\n')
            self.assertEqual(group.is_empty(), not populated)


@unittest.skipUnless(Path('/sys/fs/cgroup/memory').is_dir(), 'this host has no control groups of version 1')
class Version1(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.groups = hierarchies.detect(NAME, Path(folder))
        self.groups.prepare()
        self.addCleanup(self.groups.remove)
        self.group = self.groups.group('slot-0')
        self.addCleanup(self.group.close)

    def read(self, controller, name):
        (found,) = Path('/sys/fs/cgroup', controller).rglob(f'{NAME}/slot-0/{name}')
        return found.read_text().strip()

    def test_it_is_detected(self):
        self.assertEqual(self.groups.version, 1)

    def test_the_limits_are_written_as_declared(self):
        self.group.limit(LIMITS)
        self.assertEqual(self.read('memory', 'memory.limit_in_bytes'), str(LIMITS.memory_mb * 1024 * 1024))
        self.assertEqual(self.read('memory', 'memory.kmem.tcp.limit_in_bytes'), str(cgroups.SOCKET_BYTES))
        self.assertEqual(self.read('pids', 'pids.max'), str(LIMITS.processes + 1))
        self.assertEqual(self.read('cpu', 'cpu.cfs_quota_us'), str(LIMITS.cpu_percent * 1000))

    def test_a_slot_can_go_to_an_environment_with_more_or_less_memory(self):
        for megabytes in (256, 512, 256):
            with self.subTest(megabytes):
                self.group.limit(replace(LIMITS, memory_mb=megabytes))
                self.assertEqual(self.read('memory', 'memory.limit_in_bytes'), str(megabytes * 1024 * 1024))

    def test_a_slot_can_go_to_an_environment_with_more_or_less_processor_time(self):
        for percent in (50, 100, 20):
            with self.subTest(percent):
                self.group.kill()
                self.group.limit(replace(LIMITS, cpu_percent=percent, cpu_burst_percent=percent))
                self.assertEqual(self.read('cpu', 'cpu.cfs_quota_us'), str(percent * 1000))

    def test_killing_lifts_the_quota(self):
        self.group.limit(LIMITS)
        self.group.kill()
        self.assertEqual(self.read('cpu', 'cpu.cfs_quota_us'), '-1')

    def test_the_slow_lane_is_a_lower_quota_without_a_burst(self):
        self.group.limit(LIMITS)
        self.group.slow_down(LIMITS)
        self.assertEqual(self.read('cpu', 'cpu.cfs_quota_us'), str(LIMITS.slow_percent * 1000))
        self.assertEqual(self.read('cpu', 'cpu.cfs_burst_us'), '0')

    def test_a_slot_leaves_the_slow_lane_with_its_sandbox(self):
        self.group.slow_down(LIMITS)
        self.group.kill()
        self.group.limit(LIMITS)
        self.assertEqual(self.read('cpu', 'cpu.cfs_quota_us'), str(LIMITS.cpu_percent * 1000))
        self.assertEqual(self.read('cpu', 'cpu.cfs_burst_us'), str(LIMITS.cpu_burst_percent * 1000))

    def test_no_device_but_the_listed_may_be_opened(self):
        self.assertEqual(self.read('devices', 'devices.list').splitlines(), [
            'c 1:3 rw', 'c 1:5 rw', 'c 1:7 rw', 'c 1:8 rw', 'c 1:9 rw', 'c 5:0 rw', 'c 5:2 rw', 'c 136:* rw',
        ])

    def test_killing_ends_what_is_inside_and_its_children(self):
        process = subprocess.Popen(['/bin/sh', '-c', 'read go; sleep 100 & sleep 100'], stdin=subprocess.PIPE)
        self.assertTrue(self.group.is_empty())
        self.group.attach(process.pid)
        with process.stdin:
            process.stdin.write(b'go\n')
        self.assertFalse(self.group.is_empty())
        self.group.kill()
        self.assertEqual(process.wait(10), -signal.SIGKILL)
        self.assertTrue(eventually(self.group.is_empty))

    def test_removing_ends_what_is_inside(self):
        process = subprocess.Popen(['sleep', '100'])
        self.addCleanup(process.kill)
        self.group.attach(process.pid)
        self.groups.remove()
        self.assertEqual(process.wait(10), -signal.SIGKILL)
        self.assertEqual(list(Path('/sys/fs/cgroup').rglob(NAME)), [])
