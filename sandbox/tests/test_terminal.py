"""A terminal as a visitor uses it: prompt, colours, completion, history, size, interruption, and its end."""

import json
import unittest

from sandbox import wire

from .client import Client
from .harness import Daemon, eventually

UP, TAB, CTRL_C, CTRL_D = '\x1b[A', '\t', '\x03', '\x04'


def setUpModule():
    global daemon
    daemon = Daemon().start()
    unittest.addModuleCleanup(daemon.stop)


class Terminal(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket))
        self.client.open()

    def test_the_banner_and_a_prompt_greet_the_visitor(self):
        self.assertRegex(self.client.terminals[1].text(), r'IPython 8[\s\S]*In \[1\]: ')

    def test_one_and_one_is_two(self):
        self.assertIn('Out[1]: 2\r\n', self.client.run('1+1'))

    def test_a_traceback_is_coloured(self):
        self.client.run('1/0')
        self.assertRegex(bytes(self.client.terminals[1].output), rb'\x1b\[[0-9;]*31m\w*ZeroDivisionError')

    def test_tab_completes(self):
        self.client.run('import shutil')
        self.client.type('shutil.get_terminal_s' + TAB)
        self.client.expect('ize')
        self.assertIn('terminal_size(columns', self.client.run('()'))

    def test_the_up_arrow_brings_the_last_line_back(self):
        self.client.run('6*7')
        self.client.type(UP)
        self.client.expect('6*7')
        self.assertIn('Out[2]: 42', self.client.run(''))

    def test_a_resize_reaches_programs(self):
        self.client.resize(93, 31)
        self.assertIn('columns=93, lines=31', self.client.run('import shutil; shutil.get_terminal_size()'))
        self.assertIn('31 93', self.client.run('!stty size'))

    def test_a_program_that_runs_hears_of_a_resize(self):
        self.client.run('import signal; heard = []')
        listen = "_ = signal.signal(signal.SIGWINCH, lambda *_: heard.append(1))"
        self.client.type(rf"exec('{listen}; print(\'on\' + \'ward\')\nwhile not heard: pass')" + '\r')
        self.client.expect('onward')
        self.client.resize(70, 20)
        self.client.expect('In [3]: ')

    def test_ctrl_c_interrupts_a_busy_loop(self):
        self.client.type(r"exec('print(\'on\' + \'ward\')\nwhile True: pass')" + '\r')
        self.client.expect('onward')
        self.interrupt()

    def test_ctrl_c_interrupts_an_endless_print(self):
        self.client.type("exec('while True: print(\"for\" + \"ever\")')\r")
        self.client.expect('forever\r\nforever\r\n')
        self.interrupt()

    def test_ctrl_c_interrupts_a_busy_loop_after_a_large_paste(self):
        """The line discipline takes 4 KB for a program that does not read; what was thrown away is acknowledged."""
        self.client.type(r"exec('print(\'on\' + \'ward\')\nwhile True: pass')" + '\r')
        self.client.expect('onward')
        for _ in range(30):
            self.client.type('x = 1234\r' * 100 + 'y = "' + 'z' * 100 + '"\r')
        self.interrupt()
        terminal = self.client.terminals[1]
        self.assertTrue(eventually(lambda: self.client.pump(0.01) or terminal.accepted == terminal.typed))

    def test_a_signal_frame_interrupts_as_ctrl_c_does(self):
        self.client.type("exec('while True: print(\"for\" + \"ever\")')\r")
        self.client.expect('forever\r\nforever\r\n')
        self.client.send(wire.SIGNAL, 1, b'INT')
        self.client.expect('KeyboardInterrupt')

    def test_a_signal_frame_may_end_a_program_and_not_the_sandbox(self):
        self.client.type('import os; os.system("echo sle""eping; exec sleep 100")\r')
        self.client.expect('sleeping')
        self.client.send(wire.SIGNAL, 1, b'TERM')
        self.assertEqual(self.client.exit(), (None, 'TERM'))

    def test_letters_beyond_ascii_pass_both_ways(self):
        self.assertIn("Out[1]: 'λx→☃ 😀é'", self.client.run("''.join(['λx→☃', ' ', '😀é'])"))

    def test_bytes_that_are_no_text_come_as_they_are(self):
        self.client.run(r'import os; _ = os.write(1, bytes([0xff, 0, 0xfe]))')
        self.assertIn(b'\xff\x00\xfe', self.client.terminals[1].output)

    def test_the_terminal_has_a_name_that_programs_find(self):
        self.assertIn("'/dev/pts/0'", self.client.run('import os; os.ttyname(0)'))
        self.assertIn('/dev/pts/0\r\n', self.client.run('!tty'))

    def interrupt(self):
        self.client.type(CTRL_C)
        self.client.expect(r'KeyboardInterrupt[\s\S]*In \[\d+\]: ', pattern=True)
        self.assertIn('42', self.client.run('6*7'))


class End(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket))
        self.client.open()

    def test_exit_gives_code_0(self):
        self.client.type('exit\r')
        self.assertEqual(self.client.exit(), (0, None))

    def test_ctrl_d_gives_code_0(self):
        self.client.type(CTRL_D)
        self.assertEqual(self.client.exit(), (0, None))

    def test_a_process_that_leaves_by_itself_gives_its_code(self):
        self.client.type('import os; os._exit(7)\r')
        self.assertEqual(self.client.exit(), (7, None))

    def test_a_process_that_kills_itself_gives_the_signal(self):
        self.client.type('import os; os.kill(os.getpid(), 9)\r')
        self.assertEqual(self.client.exit(), (None, 'KILL'))

    def test_a_close_frame_hangs_up(self):
        self.client.send(wire.CLOSE, 1)
        self.assertEqual(self.client.exit(), (None, 'HUP'))

    def test_last_words_come_before_the_exit(self):
        self.client.type('import os; os.write(1, b"last" + b"words" * 2); os._exit(0)\r')
        self.client.exit()
        self.assertIn('lastwordswords', self.client.terminals[1].text())

    def test_what_the_visitor_registered_runs_at_exit(self):
        self.client.run('import atexit; _ = atexit.register(print, "good" + "bye", end="")')
        self.client.type('exit\r')
        self.client.exit()
        self.assertIn('goodbye', self.client.terminals[1].text())

    def test_a_terminal_ends_though_a_child_of_it_lives_on(self):
        self.client.run('import subprocess; child = subprocess.Popen(["sleep", "100"], start_new_session=True)')
        self.client.type('exit\r')
        self.assertEqual(self.client.exit(), (0, None))

    def test_a_terminal_can_be_opened_where_one_has_ended(self):
        self.client.type('exit\r')
        self.client.exit()
        self.client.open()
        self.assertIn('2', self.client.run('1+1'))


class TwoTerminals(unittest.TestCase):
    def setUp(self):
        self.client = self.enterContext(Client(daemon.socket))
        self.client.open(1).open(2)

    def test_they_share_files(self):
        self.client.run('open("/home/user/note", "w").write("one") and None', terminal=1)
        self.assertIn("'one'", self.client.run('open("/home/user/note").read()', terminal=2))

    def test_they_see_each_others_processes(self):
        self.client.run('import subprocess; child = subprocess.Popen(["sleep", "4711"])', terminal=1)
        self.assertIn('sleep 4711', self.client.run('!ps -ef', terminal=2))

    def test_each_has_its_own_pseudo_terminal(self):
        names = [self.client.run('!tty', terminal=number) for number in (1, 2)]
        self.assertIn('/dev/pts/0', names[0])
        self.assertIn('/dev/pts/1', names[1])

    def test_one_goes_on_when_the_other_exits(self):
        self.client.type('exit\r', terminal=1)
        self.client.exit(1)
        self.assertIn('42', self.client.run('6*7', terminal=2))


class Opening(unittest.TestCase):
    def test_frames_sent_with_hello_are_not_lost(self):
        with Client(daemon.socket, environment=None) as client:
            hello = wire.encode(wire.HELLO, 0, {'environment': 'ipython'})
            client.socket.sendall(hello + wire.encode(wire.OPEN, 3, {'cols': 80, 'rows': 24}))
            client.ready()
            self.assertGreater(json.loads(client.frame(wire.OPEN, 3))['pid'], 1)

    def test_a_hello_may_come_in_pieces(self):
        with Client(daemon.socket, environment=None) as client:
            for byte in wire.encode(wire.HELLO, 0, {'environment': 'ipython'}):
                client.socket.sendall(bytes([byte]))
            self.assertRegex(client.ready(), r'^\d+-\d+$')
