"""Every layer of the sandbox is taken away in turn, and an attack notices each."""

import itertools
import os
import shutil
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox import environment

from . import attacking, host, host_checks
from .attacks import planting
from .client import Client
from .facts import IPC_KEY, MARK, facts, plant_key
from .harness import REPOSITORY, Daemon, eventually
from .mutants import MUTANTS, NOT_SHOWN, REFUSAL

# At once: each waits as long as it works.
WORKERS = 3

# What a daemon says when none of its templates lives.
_FAILURES = {'template failed', 'template gone', 'template cannot be set up'}

# A group that the visitor shall not be in.
_GROUPS = [20]


class Mutants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        plant_key()
        cls.folder = Path(tempfile.mkdtemp(prefix='sandbox-mutants-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.pool = cls.enterClassContext(ThreadPoolExecutor(WORKERS))

    def test_each_edit_fits_exactly_one_place(self):
        for mutant in MUTANTS:
            for edit in mutant.edits:
                with self.subTest(mutant.layer, old=edit.old):
                    self.assertEqual((REPOSITORY / 'sandbox' / edit.file).read_text().count(edit.old), 1)

    def test_what_must_notice_is_an_attack_that_exists(self):
        for notices in {mutant.notices for mutant in MUTANTS} - {REFUSAL}:
            family, _, attack = notices.partition('.')
            known = dir(host_checks) if family == 'host' else attacking.attacks_in(family)
            self.assertIn(attack, known, notices)

    def test_what_looks_at_the_host_finds_nothing_wrong_where_nothing_is(self):
        for notices in sorted({mutant.notices for mutant in MUTANTS if mutant.notices.startswith('host.')}):
            with self.subTest(notices):
                self.assertEqual(_noticed_by(notices, REPOSITORY), '')

    def test_each_layer_that_is_taken_away_is_noticed(self):
        # Any daemon that starts meanwhile sweeps what others have left.
        alone = [mutant for mutant in MUTANTS if mutant.notices == 'host.leftovers_are_swept']
        together = [mutant for mutant in MUTANTS if mutant not in alone]
        found = itertools.chain(self.pool.map(self.noticed, together), map(self.noticed, alone))
        for mutant, got in zip(together + alone, found, strict=True):
            with self.subTest(mutant.layer):
                self.assertTrue(got, f'{mutant.notices} has noticed nothing')
        for layer, reason in NOT_SHOWN:
            print(f'not shown: {layer}: {reason}')

    def noticed(self, mutant):
        """What the mutant's attack has got; '' where it has noticed nothing."""
        code = self.folder / str(MUTANTS.index(mutant))
        shutil.copytree(REPOSITORY / 'sandbox', code / 'sandbox', ignore=shutil.ignore_patterns('tests', '__pycache__'))
        for edit in mutant.edits:
            path = code / 'sandbox' / edit.file
            path.write_text(path.read_text().replace(edit.old, edit.new))
        return _noticed_by(mutant.notices, code)


def _noticed_by(notices, code):
    daemon = Daemon(slots=2, code=code, groups=_GROUPS)
    try:
        daemon.launch()
        eventually(lambda: daemon.process.poll() is not None or {'ready', *_FAILURES} & set(daemon.events()))
        if 'ready' not in daemon.events():
            return daemon.output() if notices == REFUSAL else ''
        family, _, attack = notices.partition('.')
        if family == 'host':
            return str(getattr(host_checks, attack)(daemon) or '')
        return _refusal(daemon) if notices == REFUSAL else _breach(daemon, family, attack)
    finally:
        daemon.stop()


def _refusal(daemon):
    """No sandbox comes of it, or no second one."""
    try:
        with Client(daemon.socket) as one, Client(daemon.socket) as other:
            one.open()
            other.open()
            return ''
    except AssertionError as error:
        return str(error)


def _breach(daemon, family, attack):
    with Client(daemon.socket) as one, Client(daemon.socket) as other:
        one.open()
        told = facts(daemon, only=[attack])
        if family == 'neighbours':
            pids = [pid for pid, _, _ in host.processes(daemon.range, first=0)]
            shared = {link for pid in (os.getpid(), *pids) for link in host.namespaces(pid)}
            one.call(planting.plant, MARK, IPC_KEY)
            told.update(namespaces=sorted(shared), pids=pids, users=[])
        elif family == 'starved':
            attacking.run(one, 'hog', facts(daemon))
            eventually(lambda: host.tasks(daemon.range) > environment.load('ipython').limits.processes)
        if family in ('neighbours', 'starved'):
            try:
                other.open()
            except AssertionError as error:
                # To have no prompt is to be starved.
                return str(error) if family == 'starved' else ''
        attacks = attacking.run(other if family in ('neighbours', 'starved') else one, family, told)
        if broken := [each.text for each in attacks if each.verdict in ('BROKEN', 'SKIPPED')]:
            raise AssertionError(broken)
        return next((each.text for each in attacks if each.verdict == 'BREACH'), '')
