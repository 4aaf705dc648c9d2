"""The frames, by the examples that the console server's tests replay too."""

import json
import unittest
from pathlib import Path

from sandbox import wire

EXAMPLES = [json.loads(line) for line in (Path(wire.__file__).parent / 'frames.jsonl').read_text().splitlines()]
WHOLE = [example for example in EXAMPLES if not example.get('broken')]
BROKEN = [example for example in EXAMPLES if example.get('broken')]


def frame_of(example):
    return example['type'].encode(), example['terminal'], bytes.fromhex(example['payload'])


class Frames(unittest.TestCase):
    def test_there_is_an_example_of_every_type(self):
        self.assertEqual({example['type'].encode() for example in WHOLE}, wire.TYPES)

    def test_each_is_written_as_the_example_says(self):
        for example in WHOLE:
            with self.subTest(example['name']):
                self.assertEqual(wire.encode(*frame_of(example)).hex(), example['hex'])

    def test_each_is_read_as_the_example_says(self):
        for example in WHOLE:
            with self.subTest(example['name']):
                frames = list(wire.Decoder().feed(bytes.fromhex(example['hex'])))
                self.assertEqual(frames, [frame_of(example)])

    def test_a_stream_is_cut_the_same_whatever_pieces_it_comes_in(self):
        stream = bytes.fromhex(''.join(example['hex'] for example in WHOLE))
        expected = [frame_of(example) for example in WHOLE]
        for size in (1, 2, 7, 8, 31, len(stream)):
            with self.subTest(f'pieces of {size} bytes'):
                decoder = wire.Decoder()
                pieces = (stream[start : start + size] for start in range(0, len(stream), size))
                self.assertEqual([frame for piece in pieces for frame in decoder.feed(piece)], expected)

    def test_the_largest_payload_passes(self):
        payload = bytes(wire.MAX_PAYLOAD)
        self.assertEqual(list(wire.Decoder().feed(wire.encode(wire.DATA, 1, payload))), [(wire.DATA, 1, payload)])

    def test_what_is_broken_is_refused(self):
        self.assertTrue(BROKEN)
        for example in BROKEN:
            with self.subTest(example['name']), self.assertRaises(wire.BrokenFrame):
                list(wire.Decoder().feed(bytes.fromhex(example['hex'])))

    def test_a_broken_frame_is_refused_by_its_header_alone(self):
        """Or a peer could have 4 GB kept for a payload that never comes."""
        with self.assertRaises(wire.BrokenFrame):
            list(wire.Decoder().feed(wire.HEADER.pack(2**32 - 1, wire.DATA, 1)))

    def test_whole_frames_before_a_broken_one_are_still_read(self):
        read = []
        with self.assertRaises(wire.BrokenFrame):
            for frame in wire.Decoder().feed(wire.encode(wire.CLOSE, 1) + bytes.fromhex(BROKEN[0]['hex'])):
                read.append(frame)
        self.assertEqual(read, [(wire.CLOSE, 1, b'')])
