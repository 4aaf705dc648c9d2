"""NumPy, pandas and Matplotlib: imported before the prompt, fast, fresh for each session, and nothing hangs."""

import unittest

from .client import Client
from .declaring import Declaring
from .harness import Daemon, eventually


def setUpModule():
    global daemon
    daemon = Daemon(environments=['science']).start(seconds=30)
    unittest.addModuleCleanup(daemon.stop)


class Science(unittest.TestCase):
    def setUp(self):
        self.client = self.connect()

    def connect(self):
        return self.enterContext(Client(daemon.socket, 'science')).open()

    def test_all_three_are_imported_at_the_first_prompt(self):
        def run():
            import sys

            return [name in sys.modules for name in ('numpy', 'pandas', 'matplotlib.pyplot')]

        self.assertEqual(self.client.call(run), [True, True, True])

    def test_numpy_multiplies_with_openblas_in_one_thread(self):
        def run():
            import os

            import numpy

            matrix = numpy.random.default_rng(1).random((300, 300))
            identity = matrix @ numpy.linalg.inv(matrix)
            with open('/proc/self/maps') as maps:
                blas = 'openblas' in maps.read()
            return bool(numpy.allclose(identity, numpy.eye(300))), blas, len(os.listdir('/proc/self/task'))

        self.assertEqual(self.client.call(run), [True, True, 1])

    def test_pandas_groups_a_table_that_it_reads(self):
        def run():
            import io

            import pandas

            table = pandas.read_csv(io.StringIO('kind,size\na,1\nb,2\na,3\n'))
            return table.groupby('kind')['size'].sum().to_dict()

        self.assertEqual(self.client.call(run), {'a': 4, 'b': 2})

    def test_scipy_integrates(self):
        def run():
            from scipy import integrate, stats

            return round(integrate.quad(stats.norm.pdf, -1, 1)[0], 3)

        self.assertEqual(self.client.call(run), 0.683)

    def test_a_plot_goes_to_a_file_in_every_format(self):
        def run():
            import os

            import matplotlib.pyplot as plt

            plt.plot([1, 4, 9])
            plt.title('Squares: $n^2$')
            names = [f'plot.{kind}' for kind in ('png', 'svg', 'pdf', 'jpg')]
            for name in names:
                plt.savefig(name)
            return [os.path.getsize(name) > 1000 for name in names]

        self.assertEqual(self.client.call(run, seconds=30), [True] * 4)

    def test_showing_a_plot_does_not_hang(self):
        self.client.run('import matplotlib.pyplot as plt; _ = plt.plot([1, 2])')
        self.client.run('plt.show()')
        self.assertIn('42', self.client.run('6*7'))

    def test_no_two_sessions_draw_the_same_numbers(self):
        def draw():
            import random
            import sqlite3
            import ssl
            import tempfile
            import uuid

            import numpy

            return [
                random.random(), numpy.random.rand(), float(numpy.random.default_rng().random()),
                ssl.RAND_bytes(8).hex(), str(uuid.uuid1())[-12:], next(tempfile._get_candidate_names()),
                sqlite3.connect(':memory:').execute('select random()').fetchone()[0],
            ]

        first, second = self.client.call(draw), self.connect().call(draw)
        self.assertEqual([a for a, b in zip(first, second, strict=True) if a == b], [])


class Threads(Declaring):
    def test_a_template_with_a_thread_that_python_does_not_know_is_refused(self):
        """Its forks would lack it, and wait for it for ever."""
        self.declare('[variables]\nOPENBLAS_NUM_THREADS = "2"', base='science')
        daemon = self.daemon()
        daemon.launch()
        self.assertTrue(eventually(lambda: 'threads at the time of the fork' in daemon.output(), 30))
        self.assertNotIn('ready', daemon.events())
