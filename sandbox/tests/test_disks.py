"""When a full disk is told, looked at from where init looks: with real RAM disks, and a lifeline of the test's."""

import os
import socket
import tempfile
import unittest
from unittest import mock

from sandbox import lifeline, linux, notices, wire


class Disks(unittest.TestCase):
    def setUp(self):
        self.disk = self.enterContext(tempfile.TemporaryDirectory())
        linux.mount('tmpfs', self.disk, 'tmpfs', linux.MS_NOSUID | linux.MS_NODEV, 'size=64k,nr_inodes=4')
        self.addCleanup(linux.umount, self.disk)
        self.daemon, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.daemon.close)
        self.addCleanup(ours.close)
        self.enterContext(mock.patch.object(notices, 'DISKS', (self.disk,)))
        self.enterContext(mock.patch.object(notices, 'REPEAT_S', 0))
        self.enterContext(mock.patch.object(notices, 'LOOK_DELAY_S', 0))
        self.told = []
        self.notices = notices.Notices(ours.fileno(), self.told.append)

    def look(self):
        """Lets a terminal be active, and the daemon answer."""
        self.notices.saw_activity()
        self.notices.look_if_due()
        self.assertEqual(self.daemon.recv(lifeline.MAX_BYTES), lifeline.LOOK)
        self.daemon.send(lifeline.NOT_KILLED)
        self.assertTrue(self.notices.hear())

    def test_a_filling_is_told_once_until_there_is_room_again(self):
        path = f'{self.disk}/file'
        for _ in range(2):
            with open(path, 'wb', buffering=0) as file:
                file.write(bytes(1 << 20))
            self.look()
            self.look()
            os.unlink(path)
            self.look()
        self.assertEqual(self.told, [wire.DISK] * 2)

    def test_a_filling_that_comes_too_soon_to_be_told_is_told_later(self):
        path = f'{self.disk}/file'
        with mock.patch.object(notices, 'REPEAT_S', 3600):
            for _ in range(2):
                with open(path, 'wb', buffering=0) as file:
                    file.write(bytes(1 << 20))
                self.look()
                self.assertEqual(self.told, [wire.DISK])
                os.truncate(path, 0)
                self.look()
            with open(path, 'wb', buffering=0) as file:
                file.write(bytes(1 << 20))
            self.look()
        self.look()
        self.assertEqual(self.told, [wire.DISK] * 2)

    def test_a_disk_with_room_for_bytes_and_none_for_a_file_is_full(self):
        for name in 'abc':
            self.look()
            self.assertEqual(self.told, [])
            os.mknod(f'{self.disk}/{name}')
        self.look()
        self.assertEqual(self.told, [wire.DISK])

    def test_nothing_is_planned_while_nobody_uses_a_terminal(self):
        self.assertIsNone(self.notices.timeout_ms())
        self.look()
        self.assertIsNone(self.notices.timeout_ms())

    def test_a_daemon_that_is_slow_to_answer_is_not_asked_again(self):
        for _ in range(3):
            self.notices.saw_activity()
            self.notices.look_if_due()
        self.assertEqual(self.daemon.recv(lifeline.MAX_BYTES), lifeline.LOOK)
        self.daemon.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.daemon.recv(lifeline.MAX_BYTES)

    def test_the_end_of_the_lifeline_is_heard_with_unread_questions_too(self):
        self.notices.ask(self.fail)
        self.daemon.close()
        self.assertFalse(self.notices.hear())
