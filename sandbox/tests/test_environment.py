"""Declarations: what is wrong in one is refused with the file, the key and the remedy."""

import tempfile
import unittest
from pathlib import Path

from sandbox import environment

IPYTHON = (environment.FOLDER / 'ipython.toml').read_text()


class Declaration(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def declare(self, old='', new='', name='site'):
        """The shipped declaration with one thing changed."""
        self.assertIn(old, IPYTHON)
        (self.folder / f'{name}.toml').write_text(IPYTHON.replace(old, new, 1))

    def refusal(self, name='site'):
        with self.assertRaises(environment.BadEnvironment) as caught:
            environment.load(name, self.folder)
        return str(caught.exception)

    def assert_refused(self, old, new, *parts):
        """Changes one thing; the message names the file and all parts."""
        self.declare(old, new)
        message = self.refusal()
        for part in (f'{self.folder}/site.toml', *parts):
            self.assertIn(part, message)

    def test_all_shipped_ones_are_right(self):
        self.assertIn('ipython', environment.names())
        for name in environment.names():
            self.assertEqual(environment.load(name).name, name)

    def test_what_it_says_is_what_is_loaded(self):
        self.declare('memory_mb = 256', 'memory_mb = 512')
        loaded = environment.load('site', self.folder)
        self.assertEqual((loaded.limits.memory_mb, loaded.limits.processes), (512, 64))
        self.assertIn('ipython3', loaded.packages)

    def test_a_missing_file_is_refused_with_the_names_there_are(self):
        self.declare(name='other')
        message = self.refusal('nowhere')
        self.assertIn("no environment 'nowhere'", message)
        self.assertIn("['other']", message)

    def test_a_name_cannot_lead_out_of_the_folder(self):
        (self.folder / 'inner').mkdir()
        (self.folder / 'outside.toml').write_text(IPYTHON)
        for name in ('../outside', '/etc/passwd', '.', '', 'UPPER', 'a' * 33):
            with self.subTest(name), self.assertRaises(environment.BadEnvironment):
                environment.load(name, self.folder / 'inner')

    def test_what_is_not_toml_is_refused(self):
        self.assert_refused('[limits]', '[limits', 'not TOML')

    def test_what_is_not_utf8_is_refused(self):
        (self.folder / 'site.toml').write_bytes(b'# \xff')
        self.assertIn('not TOML', self.refusal())

    def test_an_unknown_key_is_refused(self):
        self.assert_refused('imports =', 'import =', 'import is not known', 'remove it', "'imports'")

    def test_an_unknown_limit_is_refused(self):
        self.assert_refused('file_mb', 'files_mb', 'limits.files_mb is not known', "'file_mb'")

    def test_a_missing_limit_is_refused(self):
        self.assert_refused('terminals = 8', '', 'limits.terminals is missing', 'add it')

    def test_a_missing_table_is_refused(self):
        self.assert_refused('[template]', '[templates]', 'templates is not known', "'template'")

    def test_a_limit_that_is_no_number_from_1_is_refused(self):
        for value in ('"64"', '0', '-1', '1.5', 'true', '1000001', '[64]'):
            with self.subTest(value):
                self.assert_refused(
                    'processes = 64', f'processes = {value}', 'limits.processes = ', 'a whole number from 1 to'
                )

    def test_a_table_that_is_none_is_refused(self):
        (self.folder / 'site.toml').write_text('packages = []\nimports = []\nlimits = 3\ntemplate = 3\n')
        message = self.refusal()
        self.assertIn('limits = 3', message)
        self.assertIn('[limits]', message)

    def test_packages_that_would_be_options_or_shell_are_refused(self):
        for value in ('"less"', '["--option"]', '["less; reboot"]', '[3]', '["a,b"]'):
            with self.subTest(value):
                packages = 'packages = ["ipython3", "less", "procps"]'
                self.assert_refused(packages, f'packages = {value}', 'packages = ', 'a list of names')

    def test_imports_that_would_be_code_are_refused(self):
        self.assert_refused('"sqlite3"', '"os;print()"', 'imports = ', 'a list of names')

    def test_disks_that_leave_too_little_memory_are_refused(self):
        self.assert_refused(
            'memory_mb = 256', 'memory_mb = 139', 'limits.memory_mb = 139', 'leave 59 MB', 'at least 60', 'lowering'
        )

    def test_disks_that_leave_just_enough_memory_are_taken(self):
        self.declare('memory_mb = 256', 'memory_mb = 140')
        self.assertEqual(environment.load('site', self.folder).limits.memory_mb, 140)

    def test_a_burst_above_the_quota_is_refused(self):
        self.assert_refused(
            'cpu_burst_percent = 50', 'cpu_burst_percent = 51', 'limits.cpu_burst_percent = 51', 'lower it', '50'
        )
