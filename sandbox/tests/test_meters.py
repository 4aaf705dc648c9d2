"""When the daemon looks at what a sandbox uses, and what follows. The kernel is a folder, and time is the test's."""

import dataclasses
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from sandbox import environment, meters, wire
from sandbox.cgroups import Group

from .fake_loop import FakeLoop

LIMITS = dataclasses.replace(
    environment.load('ipython').limits, cpu_percent=50, cpu_burst_percent=0, cpu_seconds=300, slow_percent=5,
)


class Meters(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ('cgroup.events', 'cpu.max', 'cpu.max.burst'):
            (self.folder / name).touch()
        self.count(killed=3, refused=4, cpu_seconds=1000)
        group = Group({}, self.folder)
        self.addCleanup(group.close)
        self.loop = FakeLoop()
        self.enterContext(mock.patch.object(meters.time, 'monotonic', lambda: self.loop.now))
        self.told = []
        self.meters = meters.Meters(self.loop, group, LIMITS, self.told.append)
        self.meters.start()

    def count(self, killed=None, refused=None, cpu_seconds=None):
        """Changes what the kernel has counted since the group was made."""
        for name, text in (
            ('memory.events', killed is not None and f'oom 9\noom_kill {killed}\n'),
            ('pids.events', refused is not None and f'max {refused}\n'),
            ('cpu.stat', cpu_seconds is not None and f'usage_usec {int(cpu_seconds * 1_000_000)}\n'),
        ):
            if text:
                (self.folder / name).write_text(text)

    def test_the_processor_time_is_looked_at_when_the_allowance_can_be_used_up_and_not_before(self):
        self.assertEqual(self.loop.run(), 600)
        self.count(cpu_seconds=1010)
        self.assertEqual(self.loop.next_at, 1200)
        self.assertEqual(self.told, [])

    def test_past_the_allowance_the_sandbox_goes_to_the_slow_lane_for_good(self):
        self.count(cpu_seconds=1300)
        self.loop.run()
        self.assertEqual(self.told, [wire.CPU])
        self.assertEqual((self.folder / 'cpu.max').read_text(), '5000 100000')
        self.assertIsNone(self.loop.next_at)

    def test_an_allowance_that_is_almost_used_up_is_not_looked_at_without_a_pause(self):
        self.count(cpu_seconds=1299.999)
        self.loop.run()
        self.assertEqual(self.loop.next_at - self.loop.now, meters.CPU_PAUSE_S)

    def test_a_trigger_brings_one_look_however_often_the_limit_is_met(self):
        trigger = next(iter(self.loop.watched.values()))
        trigger(0)
        self.assertEqual(self.loop.watched, {})
        self.count(killed=50, refused=60)
        self.assertEqual(self.loop.run(), meters.PAUSE_S)
        self.assertEqual(self.told, [wire.MEMORY, wire.PROCESSES])
        self.assertEqual(len(self.loop.watched), 2)

    def test_what_was_counted_before_is_the_last_sandboxes(self):
        self.assertFalse(self.meters.look())
        self.assertEqual(self.told, [])

    def test_a_killing_is_remembered_for_the_process_that_ends_by_it_and_not_for_later_ones(self):
        self.count(killed=4)
        self.assertTrue(self.meters.look())
        self.assertTrue(self.meters.look())
        self.loop.now = meters.JUST_NOW_S
        self.assertFalse(self.meters.look())
        self.assertEqual(self.told, [wire.MEMORY])

    def test_once_stopped_nothing_is_watched(self):
        self.meters.stop()
        self.assertEqual((self.loop.watched, self.loop.next_at), ({}, None))
        self.meters.stop()
