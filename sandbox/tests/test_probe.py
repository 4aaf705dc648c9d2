"""The question whether a sandbox would be made: answered at once, and without making one."""

import contextlib
import json
import os
import signal

from sandbox import wire

from . import host
from .client import Client
from .ending import Ending
from .harness import eventually


class Probe(Ending):
    def probe(self, environment='ipython'):
        """Returns the error's code, None where a sandbox would be made."""
        with Client(self.daemon.socket, environment=None) as client:
            client.send(wire.PROBE, 0, {'environment': environment})
            client.end()
        ((kind, _, payload),) = client.frames
        return json.loads(payload)['code'] if kind == wire.ERROR else None

    def test_an_environment_that_is_served_is_ready_and_no_sandbox_is_made(self):
        launched = self.daemon.events().count('sandbox ready')
        self.assertIsNone(self.probe())
        self.assertEqual(self.daemon.events().count('sandbox ready'), launched)
        self.assert_nothing_left()

    def test_all_slots_taken_is_not_a_fault(self):
        for _ in range(self.daemon.slots):
            self.connect()
        self.assertIsNone(self.probe())

    def test_an_unknown_environment_is_told(self):
        self.assertEqual(self.probe('nowhere'), wire.UNKNOWN_ENVIRONMENT)

    def test_an_environment_without_a_template_is_a_fault(self):
        self.assertTrue(eventually(lambda: self.kill_templates() or self.probe() == wire.FAULT))

    def kill_templates(self):
        for pid, _, _ in host.processes(self.range, first=0):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
