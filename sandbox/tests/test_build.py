"""Builds: an image is whole or not there, and whatever ends a build leaves no process, mount or folder."""

import os
import signal
import subprocess
from pathlib import Path

from sandbox import image
from sandbox.build import BuildFailed

from .building import Building
from .harness import eventually

# A build takes this long at the most, in seconds.
BUILD_S = 120


class Builds(Building):
    def test_a_package_that_does_not_exist_fails_with_what_was_said_and_leaves_nothing(self):
        declared = self.declare('tiny', '["there-is-no-such-package"]')
        with self.assertRaisesRegex(BuildFailed, 'there-is-no-such-package'):
            self.build(declared)
        self.assertEqual(self.folders(), set())

    def test_a_build_killed_half_way_leaves_nothing_that_runs_or_is_mounted_and_no_image(self):
        declared = self.declare('tiny')
        building = self.start_building('tiny')
        self.assertTrue(eventually(self.is_unpacking, BUILD_S))
        self.assertEqual(self.mounts(), [])
        self.stop_all(building)
        building.kill()
        building.wait()
        self.assertTrue(eventually(lambda: not self.writers()), self.writers())
        self.assertEqual(self.mounts(), [])
        self.assertFalse(image.is_built(declared, self.images))

    def test_a_build_that_waited_for_one_that_was_killed_completes_in_a_folder_of_its_own(self):
        declared = self.declare('tiny')
        first = self.start_building('tiny')
        self.assertTrue(eventually(self.is_unpacking, BUILD_S))
        second = self.start_building('tiny')
        self.assertTrue(eventually(lambda: waits_for_a_lock(second)))
        writers = self.writers()
        self.assertEqual([group for group, _ in writers], [first.pid])
        first.kill()
        eventually(lambda: writers.update(self.writers()) or second.poll() is not None, BUILD_S)
        self.assertEqual(second.returncode, 0)
        self.assertEqual({group for group, _ in writers}, {first.pid, second.pid})
        self.assertEqual(len({folder for _, folder in writers}), 2, writers)
        self.assert_whole(declared)

    def test_a_build_again_replaces_an_image_that_is_current_and_keeps_it_while_it_is_used(self):
        declared = self.declare('tiny')
        first = self.place(declared)
        self.build(declared)
        _, lock = image.use(declared, self.images)
        self.assertTrue(self.build(declared, again=True))
        second = image.path_of(declared, self.images)
        self.assertEqual(self.folders(), {'tiny', first.name, second.name})
        os.close(lock)
        self.assertEqual(self.build(declared), [])
        self.assert_whole(declared)

    def test_a_package_that_is_left_out_is_not_there_and_what_depends_on_it_is(self):
        declared = self.declare('tiny', '["sl"]', leave_out='["libncurses6"]')
        self.build(declared)
        root = image.path_of(declared, self.images)
        self.assertTrue((root / 'usr/games/sl').exists())
        self.assertEqual(list(root.glob('usr/lib/*/libncurses.so*')), [])

    def stop_all(self, building):
        """What stands still does not find out by itself that the builder has gone and nobody reads what it says."""
        # A child of ours in the group: one that has nobody outside is told to go on when its leader dies.
        member = subprocess.Popen(['sleep', '1000'], process_group=building.pid)
        self.addCleanup(member.wait)
        self.addCleanup(member.kill)
        os.killpg(building.pid, signal.SIGSTOP)

    def assert_whole(self, declared):
        """The image is there, and nothing beside it."""
        path = image.path_of(declared, self.images)
        self.assertEqual(self.folders(), {'tiny', path.name})
        self.assertTrue((path / 'usr/bin/hello').exists())
        self.assertEqual((path / 'etc/passwd').read_text().count('user:x:1000:'), 1)
        self.assertTrue((path / 'var/cache').is_dir())
        self.assertEqual(self.mounts(), [])


def waits_for_a_lock(process):
    lines = [line.split() for line in Path('/proc/locks').read_text().splitlines()]
    return any(line[1] == '->' and int(line[5]) == process.pid for line in lines)
