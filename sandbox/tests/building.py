"""What tests of images have in common: a folder for tiny ones, and builds in processes of their own."""

import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from sandbox import environment, image, recipe

from .harness import PYTHON, REPOSITORY

# As small as an image can be.
PACKAGES = '["hello"]'

_BUILD = '''
import sys
from sandbox import environment, image
image.build(environment.load(sys.argv[1], [sys.argv[2]]), sys.argv[3], print)
'''


class Building(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.images = self.folder / 'images'
        self.images.mkdir()

    def declare(self, name, packages=PACKAGES, wheels='[]', leave_out='[]'):
        """An environment of its own."""
        text = (environment.SHIPPED / 'ipython.toml').read_text()
        for key, value in (('packages', packages), ('wheels', wheels), ('leave_out', leave_out)):
            text = re.sub(rf'^{key} = .*', f'{key} = {value}', text, flags=re.MULTILINE)
        (self.folder / f'{name}.toml').write_text(text)
        return environment.load(name, [self.folder])

    def place(self, declared, number=1):
        """An empty folder that is taken for an image of it."""
        path = self.images / f'tiny.{recipe.digest(declared)}.{number}'
        path.mkdir()
        return path

    def build(self, declared, again=False):
        """Builds in this process, and returns what was said."""
        said = []
        image.build(declared, self.images, said.append, again)
        return said

    def folders(self):
        """The names of all that is in the folder of images, but for its lock."""
        return {path.name for path in self.images.iterdir()} - {'.lock'}

    def start_building(self, name):
        """A build in a process and a group of its own."""
        building = subprocess.Popen(
            [PYTHON, '-c', _BUILD, name, str(self.folder), str(self.images)], cwd=REPOSITORY, process_group=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(_end_group, building)
        return building

    def is_unpacking(self):
        return bool(list(self.images.glob('.unfinished-*/root/var/lib/dpkg')))

    def writers(self):
        """Who writes into which folder: pairs of a build's process group and a folder that is in a command line."""
        found = set()
        for process in Path('/proc').glob('[0-9]*'):
            try:
                words = (process / 'cmdline').read_text()
                group = int((process / 'stat').read_text().rpartition(')')[2].split()[2])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if folder := re.search(rf'{re.escape(str(self.images))}/([^/\0]+)', words):
                found.add((group, folder[1]))
        return found

    def mounts(self):
        """Those that the host sees below the folder of images."""
        return [line for line in Path('/proc/mounts').read_text().splitlines() if str(self.images) in line]


def _end_group(building):
    try:
        os.killpg(building.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    building.wait()
