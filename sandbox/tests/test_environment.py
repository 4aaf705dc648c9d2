"""Declarations: what is wrong in one is refused with the file, the key and the remedy."""

import tempfile
import unittest
from pathlib import Path

from sandbox import environment

IPYTHON = (environment.SHIPPED / 'ipython.toml').read_text()
PACKAGES = 'packages = ["ipython3", "less", "procps", "python3-pip"]'


class Declaring(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def declare(self, old='', new='', name='site'):
        """The shipped declaration with one thing changed."""
        self.assertIn(old, IPYTHON)
        (self.folder / f'{name}.toml').write_text(IPYTHON.replace(old, new, 1))

    def site(self, text, name='site'):
        """A declaration of an operator's own."""
        (self.folder / f'{name}.toml').write_text(text)

    def load(self, name='site'):
        return environment.load(name, [self.folder, environment.SHIPPED])

    def refusal(self, name='site'):
        with self.assertRaises(environment.BadEnvironment) as caught:
            self.load(name)
        return str(caught.exception)

    def assert_refused(self, old, new, *parts):
        """Changes one thing; the message names the file and all parts."""
        self.declare(old, new)
        message = self.refusal()
        for part in (f'{self.folder}/site.toml', *parts):
            self.assertIn(part, message)


class Declaration(Declaring):
    def test_all_shipped_ones_are_right(self):
        self.assertEqual(environment.names(), ['bash', 'ipython', 'science'])
        for name in environment.names():
            self.assertEqual(environment.load(name).name, name)

    def test_what_it_says_is_what_is_loaded(self):
        self.declare('memory_mb = 256', 'memory_mb = 512')
        loaded = environment.load('site', [self.folder])
        self.assertEqual((loaded.limits.memory_mb, loaded.limits.processes), (512, 64))
        self.assertIn('ipython3', loaded.packages)

    def test_a_missing_file_is_refused_with_the_names_there_are(self):
        self.declare(name='other')
        message = self.refusal('nowhere')
        self.assertIn("no environment 'nowhere'", message)
        self.assertIn("['bash', 'ipython', 'other', 'science']", message)

    def test_a_name_cannot_lead_out_of_the_folder(self):
        (self.folder / 'inner').mkdir()
        (self.folder / 'outside.toml').write_text(IPYTHON)
        for name in ('../outside', '/etc/passwd', '.', '', 'UPPER', 'a' * 33):
            with self.subTest(name), self.assertRaises(environment.BadEnvironment):
                environment.load(name, [self.folder / 'inner'])

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
        self.site('base = "ipython"\nlimits = 3\n')
        message = self.refusal()
        self.assertIn('limits = 3', message)
        self.assertIn('[limits]', message)

    def test_packages_that_would_be_options_or_shell_are_refused(self):
        for value in ('"less"', '["--option"]', '["less; reboot"]', '[3]', '["a,b"]'):
            with self.subTest(value):
                self.assert_refused(PACKAGES, f'packages = {value}', 'packages', 'list')

    def test_imports_that_would_be_code_are_refused(self):
        self.assert_refused('imports = []', 'imports = ["json", "os;print()"]', "imports: 'os;print()' in the list")

    def test_imports_may_have_another_name(self):
        self.declare('imports = []', 'imports = ["json as j", "os.path"]')
        self.assertEqual(self.load().imports, ('json as j', 'os.path'))

    def test_variables_that_every_sandbox_has_are_refused(self):
        self.assert_refused('[variables]', '[variables]\nPATH = "/opt/bin"', 'variables.PATH = ', 'remove it')

    def test_a_wheel_in_place_of_its_folder_is_refused(self):
        (self.folder / 'x.whl').touch()
        self.assert_refused('wheels = []', 'wheels = ["x.whl"]', 'x.whl is a file', 'give the folder')

    def test_what_is_no_name_is_refused_with_what_is_one(self):
        self.assertIn('a small letter', self.refusal('MyEnv'))

    def test_disks_that_leave_too_little_memory_are_refused(self):
        self.assert_refused(
            'memory_mb = 256', 'memory_mb = 139', 'limits.memory_mb: of 139 MB', 'leave 59 MB', 'at least 60',
        )

    def test_disks_that_leave_just_enough_memory_are_taken(self):
        self.declare('memory_mb = 256', 'memory_mb = 140')
        self.assertEqual(environment.load('site', [self.folder]).limits.memory_mb, 140)

    def test_a_burst_above_the_quota_is_refused(self):
        self.assert_refused(
            'cpu_burst_percent = 50', 'cpu_burst_percent = 51', 'limits.cpu_burst_percent: 51', 'lower it', '50'
        )

    def test_a_slow_lane_above_the_quota_is_refused(self):
        self.assert_refused('slow_percent = 5', 'slow_percent = 51', 'limits.slow_percent: 51', 'lower it', '50')

    def test_a_command_is_ipython_or_a_list(self):
        for value in ('"bash"', '[]', '[3]', '3'):
            with self.subTest(value):
                self.assert_refused('command = "ipython"', f'command = {value}', 'command', 'list')
        self.declare('command = "ipython"', 'command = ["bash", "-l"]')
        self.assertEqual(self.load().command, ('bash', '-l'))

    def test_a_network_is_none_loopback_or_hosts(self):
        for value in ('"all"', '{ allow = [] }', '{ allow = ["10.0.0.1"] }', '{ allow = ["*.org"] }', '{ hosts = [] }'):
            with self.subTest(value):
                self.assert_refused('network = "none"', f'network = {value}', 'network = ', 'allow = ')
        self.declare('network = "none"', 'network = { allow = ["pypi.org"] }')
        loaded = self.load()
        self.assertEqual((loaded.network, loaded.hosts), (environment.PROXY, ('pypi.org',)))

    def test_variables_are_names_and_strings(self):
        for line in ('A = 3', '"A-B" = "x"', '"A=B" = "x"', '1A = "x"'):
            with self.subTest(line):
                self.assert_refused('[variables]', f'[variables]\n{line}', 'variables.', 'the name of a variable')


class Base(Declaring):
    """A declaration that says only what differs from another."""

    def test_its_lists_are_added_its_tables_merged_and_all_else_replaced(self):
        self.site(
            'base = "ipython"\npackages = ["sl"]\nimports = ["this"]\ncommand = ["sl"]\n'
            '[variables]\nA = "b"\n[limits]\nprocesses = 32\n'
        )
        below, loaded = environment.load('ipython'), self.load()
        self.assertEqual(loaded.packages, (*below.packages, 'sl'))
        self.assertEqual(loaded.imports, (*below.imports, 'this'))
        self.assertEqual(loaded.command, ('sl',))
        self.assertEqual(loaded.variables, {**below.variables, 'A': 'b'})
        self.assertEqual((loaded.limits.processes, loaded.limits.files), (32, below.limits.files))

    def test_an_error_names_the_file_that_it_is_in(self):
        self.declare('processes = 64', 'processes = 0', name='below')
        self.site('base = "below"\n')
        self.assertIn(f'{self.folder}/below.toml: limits.processes = 0', self.refusal())

    def test_a_circle_is_refused(self):
        self.site('base = "other"\n')
        self.site('base = "site"\n', 'other')
        self.assertIn('circle', self.refusal())

    def test_a_base_that_is_not_there_is_refused_with_the_names_there_are(self):
        self.site('base = "nowhere"\n')
        self.assertIn("'nowhere'", self.refusal())

    def test_one_of_the_name_of_a_shipped_one_may_stand_upon_it(self):
        self.site('base = "ipython"\n[limits]\nprocesses = 32\n', 'ipython')
        loaded = self.load('ipython')
        self.assertEqual(loaded.limits.processes, 32)
        self.assertEqual(loaded.packages, environment.load('ipython').packages)

    def test_folders_of_wheels_are_beside_the_declaration_that_names_them(self):
        wheels = self.folder / 'wheels'
        self.site('base = "ipython"\nwheels = ["wheels"]\n')
        self.assertIn(f'{self.folder}/site.toml: wheels: {wheels} holds no *.whl', self.refusal())
        wheels.mkdir()
        (wheels / 'x-1-py3-none-any.whl').touch()
        self.assertEqual(self.load().wheels, (wheels,))
