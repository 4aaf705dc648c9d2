"""IPython as a visitor uses it: its own commands, and what of Python wants more than a pipe and a main thread."""

import base64
import tempfile
import unittest
from pathlib import Path

from .client import Client
from .harness import Daemon
from .wheels import write_wheel

UP = '\x1b[A'

GREETING = 'def main():\n    print("hello, " + "world")\n'


def setUpModule():
    global daemon
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)


class IPython(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket)).open()

    def value(self, line):
        """Runs a line and returns what its Out[n] shows."""
        return self.client.run(line).rpartition(']: ')[0].rpartition('\r\nOut[')[2].partition(']: ')[2].split('\r\n')[0]

    def paste(self, source):
        """Pastes lines, and returns what they bring once entered."""
        self.client.type(f'\x1b[200~{source}\x1b[201~')
        return self.client.run('')


class Commands(IPython):
    def test_timeit_measures(self):
        self.assertRegex(self.client.run('%timeit -n 10 -r 2 sum(range(100))'), r's ± .* per loop')

    def test_a_shell_command_runs(self):
        self.client.run('!touch here')
        self.assertIn('here', self.client.run('!ls'))
        self.client.run('files = !ls')
        self.assertEqual(self.value('files'), "['here']")

    def test_help_opens_and_closes(self):
        self.client.type('help(len)\r')
        self.client.expect('Return the number of items')
        self.client.type('q')
        self.client.expect('In [2]: ')
        self.assertEqual(self.value('6*7'), '42')

    def test_a_question_mark_tells_about_a_thing(self):
        self.client.type('len?\r')
        self.client.expect('Return the number of items')

    def test_input_asks_the_visitor(self):
        self.client.type('name = input("wh" + "o? ")\r')
        self.client.expect('who? ')
        self.client.run('ann')
        self.assertEqual(self.value('name'), "'ann'")

    def test_the_up_arrow_goes_through_the_sessions_lines(self):
        self.client.run('first = 1')
        self.client.run('second = 2')
        self.client.type(UP + UP)
        self.client.expect('first = 1')
        self.client.type('0')
        self.client.run('')
        self.assertEqual(self.value('first'), '10')

    def test_a_block_of_several_lines_is_typed_line_by_line(self):
        self.client.type('for letter in "ab":\r')
        self.client.expect(r'\.\.\.: ', pattern=True)
        self.assertIn('aa\r\nbb\r\n', self.client.run('print(2 * letter)\r\r'))

    def test_a_block_of_several_lines_is_pasted(self):
        self.assertIn('\r\nseven\r\n', self.paste('def number():\n    return "se" + "ven"\n\nprint(number())'))

    def test_await_works_at_the_prompt(self):
        self.client.run('import asyncio')
        self.assertEqual(self.value('await asyncio.sleep(0.01, "done")'), "'done'")

    def test_pip_installs_for_a_python_that_runs_already(self):
        with tempfile.TemporaryDirectory() as folder:
            wheel = write_wheel(Path(folder), 'greeting', GREETING, command='greet')
            packed = base64.b64encode(wheel.read_bytes()).decode()
        self.assertIn("No module named 'greeting'", self.client.run('import greeting'))
        self.client.run(f'!echo {packed} | base64 -d > {wheel.name}')
        self.assertIn('Successfully installed', self.client.run(f'!pip install --user ./{wheel.name}'))
        self.assertIn('\r\nhello, world\r\n', self.client.run('import greeting; greeting.main()'))
        self.assertIn('\r\nhello, world\r\n', self.client.run('!greet'))


class Library(IPython):
    def test_asyncio_runs_tasks_side_by_side(self):
        def run():
            import asyncio

            async def double(number):
                await asyncio.sleep(0.01)
                return 2 * number

            async def main():
                return await asyncio.gather(*map(double, range(5)))

            return asyncio.run(main())

        self.assertEqual(self.client.call(run), [0, 2, 4, 6, 8])

    def test_asyncio_runs_a_subprocess(self):
        def run():
            import asyncio

            async def main():
                process = await asyncio.create_subprocess_exec('echo', 'hello', stdout=asyncio.subprocess.PIPE)
                return (await process.communicate())[0].decode()

            return asyncio.run(main())

        self.assertEqual(self.client.call(run), 'hello\n')

    def test_threads_run(self):
        def run():
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(8) as pool:
                return sum(pool.map(lambda number: number * number, range(100)))

        self.assertEqual(self.client.call(run), sum(number * number for number in range(100)))

    def test_subprocesses_run(self):
        def run():
            import subprocess
            import sys

            done = subprocess.run([sys.executable, '-c', 'print(input()[::-1])'], input='abc', text=True, stdout=-1)
            return done.stdout, done.returncode

        self.assertEqual(self.client.call(run), ['cba\n', 0])

    def test_multiprocessing_has_pools_and_queues(self):
        self.paste('def double(number):\n    return 2 * number\n')
        self.client.run('from multiprocessing import Pool, Process, Queue, get_context')
        self.client.run('pool = Pool(4)')
        self.assertEqual(self.value('pool.map(double, range(5))'), '[0, 2, 4, 6, 8]')
        self.client.run('queue = Queue(); process = Process(target=queue.put, args=("through",)); process.start()')
        self.assertEqual(self.value('queue.get(timeout=10)'), "'through'")
        self.client.run('process.join(10)')
        self.assertEqual(self.value('process.exitcode'), '0')

    def test_multiprocessing_starts_python_afresh_too(self):
        self.client.run('from multiprocessing import get_context')
        self.client.run('import math; pool = get_context("spawn").Pool(1)')
        self.assertEqual(self.value('pool.apply(math.factorial, [5])'), '120')

    def test_sqlite_keeps_a_table_in_a_file(self):
        def run():
            import sqlite3

            with sqlite3.connect('table.db') as base:
                base.execute('create table words (word text)')
                base.executemany('insert into words values (?)', [('one',), ('two',)])
            return sqlite3.connect('table.db').execute('select count(*), max(word) from words').fetchone()

        self.assertEqual(self.client.call(run), [2, 'two'])

    def test_temporary_files_come_and_go(self):
        def run():
            import os
            import tempfile

            with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile(dir=folder) as file:
                was_there = os.path.exists(file.name)
            return was_there, os.path.exists(folder)

        self.assertEqual(self.client.call(run), [True, False])


class UsedUp(IPython):
    def test_the_prompt_stays_when_all_processes_are_used_and_the_visitor_can_end_them(self):
        self.paste(
            'import subprocess\nstarted = []\ntry:\n'
            '    while True: started.append(subprocess.Popen(["sleep", "1000"]))\n'
            'except OSError as error: print("at", len(started), error)\n\n'
        )
        self.assertIn('Resource temporarily unavailable', self.client.run('!ls'))
        self.assertEqual(self.value('6*7'), '42')
        self.assertEqual(self.value('len(started) > 50'), 'True')
        self.client.run('for each in started: each.kill(), each.wait()\r')
        self.assertIn('bin', self.client.run('!ls /'))

    def test_what_threads_print_stands_above_the_prompt(self):
        self.client.run('import threading; late = threading.Timer(0.3, print, ["from " + "below"]); late.start()')
        self.client.expect('from below\r\n')
        self.assertEqual(self.value('6*7'), '42')
