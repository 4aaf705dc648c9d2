"""Where on v2 groups may be made: in what systemd has delegated, once the daemon has left it for a leaf."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from sandbox import cgroups, hierarchies

NAME = 'sandbox-test'


class Delegation(unittest.TestCase):
    """systemd marks what it delegates with an extended attribute; a plain folder takes one too."""

    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / 'system.slice/console.service/more/own').mkdir(parents=True)
        self.mark('system.slice/console.service/more')

    def mark(self, folder):
        try:
            os.setxattr(self.root / folder, 'trusted.delegate', b'1')
        except OSError as error:
            self.skipTest(f'the folder for temporary files takes no trusted attributes: {error}')

    def place(self, own):
        return str(hierarchies._delegated(str(self.root), own).relative_to(self.root))

    def test_the_group_itself_serves_where_it_is_delegated(self):
        self.assertEqual(self.place('/system.slice/console.service/more'), 'system.slice/console.service/more')

    def test_the_nearest_delegated_group_serves(self):
        self.assertEqual(self.place('/system.slice/console.service/more/own'), 'system.slice/console.service/more')
        self.mark('system.slice')
        self.assertEqual(self.place('/system.slice/console.service/more/own'), 'system.slice/console.service/more')
        self.assertEqual(self.place('/system.slice/console.service'), 'system.slice')

    def test_the_root_serves_where_nothing_is_delegated(self):
        self.assertEqual(self.place('/system.slice/console.service'), '.')
        self.assertEqual(self.place('/'), '.')


class Leaf(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.root / NAME).mkdir()
        for folder in (self.root, self.root / NAME):
            (folder / 'cgroup.subtree_control').touch()

    def test_the_daemon_leaves_the_group_that_the_slots_hang_on_with_all_that_it_forks(self):
        self.assertEqual(self.leave({'11': ['13', '14'], '12': []}), ['11', '12', '13', '14'])

    def test_the_daemon_leaves_its_group_though_a_process_ends_meanwhile(self):
        self.assertEqual(self.leave({'11': [], '12': []}, ended=['11']), ['12'])

    def leave(self, forks, ended=()):
        """Has the daemon prepare before a fake kernel; returns who is in the leaf once nobody is in the group.

        forks: pids in the group, each with the pids that it forks as it is moved. ended: those that end just before.
        """
        (self.root / 'cgroup.type').write_text('domain\n')
        procs = self.root / 'cgroup.procs'
        procs.write_text('\n'.join(map(str, forks)))
        leaf = []
        write = cgroups._write

        def write_as_the_kernel(path, value):
            if path != self.root / 'daemon' / 'cgroup.procs':
                return write(path, value)
            left = [pid for pid in procs.read_text().split() if pid != value]
            procs.write_text('\n'.join([*left, *forks.get(value, ())]))
            if value in ended:
                raise ProcessLookupError
            leaf.append(value)

        with mock.patch.object(cgroups, '_write', write_as_the_kernel):
            cgroups.ControlGroups({}, self.root, NAME).prepare()
        self.assertEqual(procs.read_text(), '')
        return leaf
