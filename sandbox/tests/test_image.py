"""Images: whole or not there, built once, kept while in use, and without anything of the host's."""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from sandbox import environment, image

from .harness import IMAGES, PYTHON, REPOSITORY, eventually

# As small as an image can be.
PACKAGES = '["hello"]'

# A build takes this long at the most, in seconds.
BUILD_S = 120

BUILD = '''
import sys
from sandbox import environment, image
image.build(environment.load(sys.argv[1], sys.argv[2]), sys.argv[3], print)
'''


class Images(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.images = self.folder / 'images'
        self.images.mkdir()

    def declare(self, name, packages=PACKAGES):
        """An environment of its own, and where its image is to be."""
        text = (environment.FOLDER / 'ipython.toml').read_text()
        (self.folder / f'{name}.toml').write_text(re.sub(r'packages = .*', f'packages = {packages}', text))
        declared = environment.load(name, self.folder)
        return declared, image.path_of(declared, self.images)

    def build(self, declared):
        """Builds in this process, and returns what was said."""
        said = []
        image.build(declared, self.images, said.append)
        return said

    def test_an_image_that_is_there_is_not_built_again(self):
        declared, path = self.declare('tiny')
        path.mkdir()
        before = path.stat().st_mtime_ns
        began = time.monotonic()
        self.assertEqual(self.build(declared), [])
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(path.stat().st_mtime_ns, before)

    def test_other_packages_make_another_image(self):
        self.assertNotEqual(self.declare('tiny')[1], self.declare('tiny', '["hello", "less"]')[1])

    def test_an_old_image_goes_and_one_in_use_stays(self):
        declared, path = self.declare('tiny')
        unused, used = (self.images / f'tiny-{letter * 16}' for letter in 'ab')
        for folder in (path, unused, used):
            folder.mkdir()
        lock = image.use(used)
        self.build(declared)
        self.assertEqual(set(self.images.glob('tiny-*')), {path, used})
        os.close(lock)
        self.build(declared)
        self.assertEqual(set(self.images.glob('tiny-*')), {path})

    def test_the_image_of_an_environment_with_a_longer_name_stays(self):
        declared, path = self.declare('tiny')
        _, longer = self.declare('tiny-two')
        for folder in (path, longer):
            folder.mkdir()
        self.build(declared)
        self.assertTrue(longer.exists())

    def test_a_package_that_does_not_exist_fails_with_what_was_said_and_leaves_nothing(self):
        declared, path = self.declare('tiny', '["there-is-no-such-package"]')
        with self.assertRaisesRegex(image.BuildFailed, 'there-is-no-such-package'):
            self.build(declared)
        self.assertEqual([each.name for each in self.images.iterdir()], ['.lock'])
        self.assertFalse(path.exists())

    def test_a_build_killed_half_way_leaves_no_image_and_the_next_completes(self):
        declared, path = self.declare('tiny')
        building = self.start_building()
        building.send_signal(signal.SIGKILL)
        building.wait()
        self.assertFalse(path.exists())

        self.build(declared)
        self.assertEqual([each.name for each in self.images.iterdir() if each.name != '.lock'], [path.name])
        self.assertTrue((path / 'usr/bin/hello').exists())
        self.assertEqual((path / 'etc/passwd').read_text().count('user:x:1000:'), 1)
        self.assertTrue((path / 'var/cache').is_dir())

    def start_building(self):
        """A build in a process and a group of its own, that has begun to unpack."""
        arguments = ('tiny', str(self.folder), str(self.images))
        self.declare('tiny')
        building = subprocess.Popen(
            [PYTHON, '-c', BUILD, *arguments], cwd=REPOSITORY, process_group=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(end_group, building.pid)
        unpacking = f'{self.images}/.tiny-*.unfinished/var/lib/dpkg'
        self.assertTrue(eventually(lambda: list(Path('/').glob(unpacking[1:])), BUILD_S))
        return building


class Content(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = image.path_of(environment.load('ipython'), IMAGES)

    def test_nothing_of_the_hosts_is_in_it(self):
        names = 'etc/apt etc/resolv.conf etc/hostname etc/machine-id etc/shadow etc/gshadow var/lib/apt'
        for name in names.split():
            self.assertFalse(os.path.lexists(self.image / name), name)
        self.assertEqual((self.image / 'etc/hosts').read_text(), '127.0.0.1 localhost\n')

    def test_folders_that_are_mounted_on_are_empty(self):
        for name in ('proc', 'sys', 'mnt', 'tmp'):
            self.assertEqual(list((self.image / name).iterdir()), [], name)

    def test_the_visitor_is_a_user_of_it(self):
        self.assertIn('user:x:1000:1000:Visitor:/home/user:/bin/bash\n', (self.image / 'etc/passwd').read_text())


def end_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
