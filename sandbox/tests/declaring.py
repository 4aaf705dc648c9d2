"""Daemons for declarations of a test's own, on images that are there: what differs is no package."""

import os
import tempfile
import unittest
from pathlib import Path

from sandbox import environment, image

from .harness import IMAGES, Daemon


class Declaring(unittest.TestCase):
    """Declarations in a temporary folder, and a folder of images that leads to the shipped ones."""

    def setUp(self):
        self.declarations = Path(self.enterContext(tempfile.TemporaryDirectory()))
        # Beside the shipped ones: what is copied from there may be a link on the same disk.
        folder = tempfile.TemporaryDirectory(dir=IMAGES.parent, prefix='images-of-a-test-')
        self.images = Path(self.enterContext(folder))
        # Templates have to reach it, as nobody.
        os.chmod(self.images, 0o755)

    def declare(self, text, name='site', base='ipython'):
        """Writes NAME.toml upon a shipped one, whose image it gets."""
        (self.declarations / f'{name}.toml').write_text(f'base = "{base}"\n{text}\n')
        link = self.images / name
        link.unlink(missing_ok=True)
        link.symlink_to(image.path_of(environment.load(base), IMAGES))

    def serve(self, *names, **options):
        """A daemon for environments that are declared here, once it serves."""
        return self.daemon(*names, **options).start()

    def daemon(self, *names, **options):
        arguments = ['--images', str(self.images), '--environments-folder', str(self.declarations)]
        daemon = Daemon(arguments=arguments, environments=names or ('site',), **options)
        self.addCleanup(daemon.stop)
        return daemon
