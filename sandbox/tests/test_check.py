"""What a host lacks is told in a sentence that says what mends it. Where the host is asked, a fake host answers."""

import platform
import subprocess
import unittest
from unittest import mock

from sandbox import check

from .harness import PYTHON, REPOSITORY


class Check(unittest.TestCase):
    def problem(self, place, answer):
        """The one sentence about a host that answers so at one place."""
        with mock.patch(place, return_value=answer):
            (problem,) = check.problems()
        return problem

    def test_this_host_can_run_sandboxes_and_is_told_what_it_has(self):
        ran = subprocess.run([PYTHON, '-m', 'sandbox', 'check'], cwd=REPOSITORY, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertRegex(ran.stdout, r'(?m)^\+ control groups of version [12]')
        self.assertNotRegex(ran.stdout, r'(?m)^- ')

    def test_what_is_there_is_told_beside_what_is_missing(self):
        with mock.patch('shutil.which', return_value=None):
            told = dict(reversed(finding) for finding in check.findings())
        self.assertIn(f'the kernel {platform.release()}', [what for what, is_there in told.items() if is_there])
        self.assertEqual(list(told.values()).count(False), 1)

    def test_a_kernel_that_is_too_old_is_named_with_the_package_of_a_newer_one(self):
        for release in ('5.10.0-28-amd64', '4.19+'):
            self.assertIn(f'the kernel is {release}', self.problem('platform.release', release))
        self.assertIn('install linux-image-amd64', self.problem('platform.release', '5.13.19'))

    def test_a_kernel_with_an_odd_name_is_not_too_old(self):
        for release in ('6.18+', '6.1.0-rc3', '10.0'):
            with mock.patch('platform.release', return_value=release):
                self.assertEqual(check.problems(), [])

    def test_another_processor_is_refused(self):
        self.assertIn('the processor is aarch64', self.problem('platform.machine', 'aarch64'))

    def test_whoever_is_not_root_is_told(self):
        self.assertIn('not root', self.problem('os.geteuid', 1000))

    def test_a_missing_program_is_named_with_its_package(self):
        self.assertIn('apt-get install mmdebstrap', self.problem('shutil.which', None))

    def test_a_missing_library_is_named_with_its_package(self):
        self.assertIn('apt-get install python3-seccomp', self.problem('importlib.util.find_spec', None))

    def test_a_container_without_the_rights_of_root_is_told_from_a_machine(self):
        limited = ['setpriv', '--bounding-set', '-sys_admin', PYTHON, '-m', 'sandbox', 'check']
        ran = subprocess.run(limited, cwd=REPOSITORY, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 1)
        self.assertIn('root lacks the capabilities 0x200000, as in a container', ran.stdout)
