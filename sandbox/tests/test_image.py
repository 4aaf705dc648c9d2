"""Images: built once, kept while in use, and without anything of the host's."""

import os
import unittest

from sandbox import environment, image

from .building import Building
from .harness import IMAGES


class Images(Building):
    def test_an_image_that_is_there_is_not_built_again(self):
        declared, path = self.declare('tiny')
        path.mkdir()
        before = path.stat().st_mtime_ns
        self.assertEqual(self.build(declared), [])
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
