"""Which of init's frames go first: a download is never in the way of what a terminal shows."""

import os
import unittest

from sandbox import wire
from sandbox.outbox import Outbox


class Lanes(unittest.TestCase):
    def setUp(self):
        self.reading, writing = os.pipe()
        self.addCleanup(os.close, self.reading)
        self.addCleanup(os.close, writing)
        os.set_blocking(writing, False)
        self.outbox = Outbox(writing)

    def test_a_terminals_frame_goes_before_a_streams_that_was_not_begun(self):
        for number in range(3):
            self.outbox.add_of_stream(wire.encode(wire.STREAM_DATA, number, bytes(65536)))
        self.outbox.flush()
        self.outbox.add(wire.encode(wire.DATA, 1, b'terminal'))
        decoder, order = wire.Decoder(), []
        while self.outbox:
            order += [(kind, number) for kind, number, _ in decoder.feed(os.read(self.reading, 65536))]
            self.outbox.flush()
        order += [(kind, number) for kind, number, _ in decoder.feed(os.read(self.reading, 65536))]
        self.assertLessEqual(order.index((wire.DATA, 1)), 1)
        self.assertEqual([number for kind, number in order if kind == wire.STREAM_DATA], [0, 1, 2])

    def test_streams_are_not_read_while_a_share_of_them_waits(self):
        self.assertTrue(self.outbox.takes_streams)
        for number in range(4):
            self.outbox.add_of_stream(wire.encode(wire.STREAM_DATA, number, bytes(65536)))
        self.outbox.flush()
        self.assertFalse(self.outbox.takes_streams)
        self.assertTrue(self.outbox.takes_terminals)
