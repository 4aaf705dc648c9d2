"""Images: built once, swapped whole, kept while in use, and without anything of the host's."""

import os
import stat
import threading
import unittest

from sandbox import environment, image

from .building import Building
from .harness import IMAGES


class Images(Building):
    def test_an_image_that_is_there_is_not_built_again(self):
        declared = self.declare('tiny')
        path = self.place(declared)
        before = path.stat().st_mtime_ns
        self.assertEqual(self.build(declared), [])
        self.assertEqual(image.path_of(declared, self.images), path)
        self.assertEqual(path.stat().st_mtime_ns, before)

    def test_only_the_image_of_what_is_declared_counts_as_built(self):
        declared = self.declare('tiny')
        self.assertFalse(image.is_built(declared, self.images))
        self.place(declared)
        self.build(declared)
        self.assertTrue(image.is_built(declared, self.images))
        self.assertFalse(image.is_built(self.declare('tiny', '["hello", "less"]'), self.images))

    def test_environments_with_the_same_packages_share_an_image(self):
        path = self.place(self.declare('tiny'))
        for name in ('tiny', 'other'):
            self.assertEqual(self.build(self.declare(name)), [])
            self.assertEqual(image.path_of(self.declare(name), self.images), path)
        changed = self.place(self.declare('tiny', '["less"]'))
        self.build(self.declare('tiny', '["less"]'))
        self.assertEqual(self.folders(), {'tiny', 'other', path.name, changed.name})

    def test_the_contents_of_wheels_make_another_image(self):
        wheels = self.folder / 'wheels'
        wheels.mkdir()
        (wheels / 'x-1-py3-none-any.whl').write_bytes(b'one')
        first = self.place(self.declare('tiny', wheels='["wheels"]'))
        (wheels / 'x-1-py3-none-any.whl').write_bytes(b'two')
        self.assertNotEqual(self.place(self.declare('tiny', wheels='["wheels"]')), first)

    def test_the_newest_build_of_a_recipe_is_current(self):
        declared = self.declare('tiny')
        self.place(declared, 2)
        newest = self.place(declared, 10)
        self.build(declared)
        self.assertEqual(image.path_of(declared, self.images), newest)

    def test_an_old_image_goes_and_one_in_use_stays(self):
        declared = self.declare('tiny')
        used = self.place(declared, 1)
        self.build(declared)
        path, lock = image.use(declared, self.images)
        self.assertEqual(path, used)
        self.place(declared, 2)
        current = self.place(declared, 3)
        self.build(declared)
        self.assertEqual(self.folders(), {'tiny', used.name, current.name})
        os.close(lock)
        self.build(declared)
        self.assertEqual(self.folders(), {'tiny', current.name})

    def test_a_copy_of_the_lock_keeps_an_image_as_well(self):
        declared = self.declare('tiny')
        used = self.place(declared, 1)
        self.build(declared)
        _, lock = image.use(declared, self.images)
        copy = os.dup(lock)
        os.close(lock)
        self.place(declared, 2)
        self.build(declared)
        self.assertTrue(used.exists())
        os.close(copy)

    def test_whoever_follows_the_link_while_it_is_replaced_finds_an_image(self):
        declared = self.declare('tiny')
        self.place(declared)
        self.build(declared)

        def replace():
            for number in range(2, 100):
                self.place(declared, number)
                self.build(declared)

        replacing = threading.Thread(target=replace)
        replacing.start()
        while replacing.is_alive():
            path, lock = image.use(declared, self.images)
            self.assertTrue(path.is_dir())
            os.close(lock)
        replacing.join()

    def test_there_is_nothing_to_use_where_nothing_is_built(self):
        with self.assertRaises(FileNotFoundError):
            image.use(self.declare('tiny'), self.images)


class Content(unittest.TestCase):
    """What is said here is true of every image that is shipped."""

    def images(self):
        for name in environment.names():
            with self.subTest(name):
                yield image.path_of(environment.load(name), IMAGES)

    def test_nothing_of_the_hosts_is_in_it(self):
        names = 'etc/apt etc/resolv.conf etc/hostname etc/machine-id etc/shadow etc/gshadow var/lib/apt'
        for root in self.images():
            for name in names.split():
                self.assertFalse(os.path.lexists(root / name), name)
            self.assertEqual((root / 'etc/hosts').read_text(), '127.0.0.1 localhost\n::1 localhost\n')

    def test_folders_that_are_mounted_on_are_empty(self):
        for root in self.images():
            for name in ('proc', 'sys', 'mnt', 'tmp'):
                self.assertEqual(list((root / name).iterdir()), [], name)

    def test_the_visitor_is_a_user_of_it(self):
        for root in self.images():
            self.assertIn('user:x:1000:1000:Visitor:/home/user:/bin/bash\n', (root / 'etc/passwd').read_text())

    def test_nothing_in_it_gives_another_user_or_a_capability(self):
        for root in self.images():
            found = []
            for place, folders, files in os.walk(root):
                for path in (os.path.join(place, name) for name in folders + files):
                    is_set = os.lstat(path).st_mode & (stat.S_ISUID | stat.S_ISGID)
                    if is_set or 'security.capability' in os.listxattr(path, follow_symlinks=False):
                        found.append(path)
            self.assertEqual(found, [])

    def test_no_documentation_locale_or_cache_is_in_it(self):
        for root in self.images():
            for name in ('usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache', 'var/log'):
                files = [path for _, _, names in os.walk(root / name) for path in names]
                self.assertEqual(files, [], name)

    def test_it_is_as_small_as_is_said(self):
        """In MB, as `du` counts; the README names what was measured."""
        for name, most in (('ipython', 190), ('bash', 300), ('science', 500)):
            with self.subTest(name):
                root = image.path_of(environment.load(name), IMAGES)
                found = {}
                for place, _, names in os.walk(root):
                    for path in (os.path.join(place, each) for each in names):
                        status = os.lstat(path)
                        found[status.st_ino] = 512 * status.st_blocks
                self.assertLess(sum(found.values()) >> 20, most)
