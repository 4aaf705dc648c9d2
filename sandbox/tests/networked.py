"""Daemons whose one environment has a network, on the shipped image: a network is no package."""

import tempfile
import unittest
from pathlib import Path

from sandbox import environment

from .harness import Daemon

_SHIPPED = (environment.SHIPPED / 'ipython.toml').read_text()


def serve(network, **options):
    """Starts a daemon until the module's end. network: as in a declaration."""
    folder = unittest.enterModuleContext(tempfile.TemporaryDirectory())
    declared = _SHIPPED.replace('network = "none"', f'network = {network}')
    (Path(folder) / 'ipython.toml').write_text(declared)
    daemon = Daemon(arguments=['--environments-folder', folder], **options).start()
    unittest.addModuleCleanup(daemon.stop)
    return daemon
