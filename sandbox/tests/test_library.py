"""A site's own library, from a wheel or from Debian: importable, and imported, at the first prompt."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

from sandbox import environment, image
from sandbox.build import BuildFailed

from .client import Client
from .harness import Daemon
from .wheels import write_wheel

# At its import it draws what no two visitors may share.
_DRAWING = 'import tempfile, uuid\n\nuuid.uuid1()\ntempfile.mktemp()\n'
_GREETING = 'def hello():\n    return "hello, " + "world"\n\n\ndef main():\n    print(hello())\n'


class Folders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix='library-'))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        cls.images = cls.folder / 'images'
        cls.wheels = cls.folder / 'wheels'
        cls.wheels.mkdir()

    @classmethod
    def declare(cls, text):
        (cls.folder / 'site.toml').write_text(f'base = "ipython"\n{text}\n')
        return environment.load('site', [cls.folder, environment.SHIPPED])


class Library(Folders):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_wheel(cls.wheels, 'greeting', _GREETING, requires=['roman'], command='greet')
        write_wheel(cls.wheels, 'drawing', _DRAWING)
        # The one line, and that the library is to be imported.
        declared = cls.declare(
            'wheels = ["wheels"]\npackages = ["python3-roman"]\nimports = ["drawing", "greeting", "roman as numerals"]'
        )
        cls.said = []
        image.build(declared, cls.images, cls.said.append)
        arguments = ['--images', str(cls.images), '--environments-folder', str(cls.folder)]
        daemon = Daemon(arguments=arguments, environments=['site'])
        cls.addClassCleanup(daemon.stop)
        cls.socket = daemon.start().socket

    def setUp(self):
        self.client = self.enterContext(Client(self.socket, 'site')).open()

    def test_the_build_told_of_its_progress(self):
        self.assertIn('installing wheels: drawing-1.0-py3-none-any.whl, greeting-1.0-py3-none-any.whl', self.said)

    def test_it_is_imported_already_at_the_first_prompt(self):
        shown = self.client.run('import sys; ["greeting" in sys.modules, "roman" in sys.modules]')
        self.assertIn('[True, True]', shown)

    def test_what_came_in_a_wheel_works(self):
        self.assertIn("Out[1]: 'hello, world'", self.client.run('greeting.hello()'))

    def test_what_came_from_debian_works(self):
        self.assertIn("Out[1]: 'XLII'", self.client.run('numerals.toRoman(42)'))

    def test_the_command_of_a_wheel_is_on_the_path(self):
        self.assertIn('\r\nhello, world\r\n', self.client.run('!greet'))

    def test_other_interpreters_of_the_visitors_find_it(self):
        self.assertIn('\r\nhello, world\r\n', self.client.run('!python3 -c "import greeting; greeting.main()"'))

    def test_what_it_has_drawn_at_its_import_is_not_shared_by_sessions(self):
        def draw():
            import tempfile
            import uuid

            return str(uuid.uuid1())[-12:], tempfile.mktemp()

        with Client(self.socket, 'site') as other:
            first, second = self.client.call(draw), other.open().call(draw)
        self.assertEqual([a for a, b in zip(first, second, strict=True) if a == b], [])


class Missing(Folders):
    def test_a_wheel_that_needs_another_is_refused_with_what_pip_says_and_the_remedy(self):
        write_wheel(self.wheels, 'greeting', _GREETING, requires=['there-is-no-such-thing'])
        with self.assertRaises(BuildFailed) as caught:
            image.build(self.declare('wheels = ["wheels"]'), self.images, lambda line: None)
        for part in ('the wheels of site', 'there-is-no-such-thing', f'into {self.wheels}', 'Debian package'):
            self.assertIn(part, str(caught.exception))
        self.assertEqual([path.name for path in self.images.iterdir()], ['.lock'])
