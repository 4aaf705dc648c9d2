"""What becomes of a sandbox that has used up its processor time: it goes on slowly, and says so."""

import re
import tempfile
import time
from pathlib import Path

from sandbox import environment, wire

from . import host, meeting
from .attacks import taking
from .client import Client
from .harness import DEADLINE_S
from .noticing import Notices

LIMITS = environment.load('ipython').limits

# Of processor time, in seconds: the least that can be declared.
ALLOWANCE_S = 1


class SlowLane(Notices):
    """The environment is ipython, and its image too, with an allowance that a test can use up."""

    @classmethod
    def arguments(cls):
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        declared = (environment.SHIPPED / 'ipython.toml').read_text()
        (folder / 'ipython.toml').write_text(re.sub(r'cpu_seconds = \d+', f'cpu_seconds = {ALLOWANCE_S}', declared))
        return ('--environments-folder', str(folder))

    def test_a_busy_sandbox_gets_into_the_slow_lane_is_told_once_and_lives(self):
        started = time.monotonic()
        self.client.call(meeting.use, ALLOWANCE_S, seconds=4 * DEADLINE_S)
        self.assertEqual(self.notice(), wire.CPU)
        self.assertGreater(time.monotonic() - started, ALLOWANCE_S)
        # Half of what the other lane gives in a second.
        self.assertLess(self.client.call(taking.burn, 1, seconds=4 * DEADLINE_S), LIMITS.cpu_percent / 100 / 2)
        self.assert_no_notice()

    def test_processes_that_live_shortly_count(self):
        self.client.call(meeting.use_in_short_lives, ALLOWANCE_S, seconds=4 * DEADLINE_S)
        self.assertEqual(self.notice(), wire.CPU)

    def test_the_next_visitor_of_the_slot_has_an_allowance_of_their_own(self):
        self.client.call(meeting.use, ALLOWANCE_S, seconds=4 * DEADLINE_S)
        self.assertEqual(self.notice(), wire.CPU)
        self.client.hang_up()
        self.client = self.enterContext(Client(self.daemon.socket)).open()
        self.client.call(meeting.use, ALLOWANCE_S / 4)
        self.assertEqual(self.quotas(), {LIMITS.cpu_percent * 1000})
        self.assert_no_notice()

    def quotas(self):
        """Those of the groups with a process inside, in µs of each tenth of a second."""
        used = [folder for folder in host.groups(self.daemon.range) if (folder / 'cgroup.procs').read_text()]
        files = [folder / name for folder in used for name in ('cpu.cfs_quota_us', 'cpu.max')]
        return {int(path.read_text().split()[0]) for path in files if path.exists()}
