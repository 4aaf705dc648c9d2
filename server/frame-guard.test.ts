import { expect, test } from 'vitest';
import { FrameGuard } from './frame-guard.ts';

const MASK = Buffer.from([1, 2, 3, 4]);

/** A client's frame: opcode 1 begins a text message, 0 goes on with it, 9 is a ping. */
function frame(opcode: number, isLast: boolean, length: number): Buffer {
  const first = opcode | (isLast ? 0x80 : 0);
  const size =
    length < 126
      ? Buffer.from([0x80 | length])
      : length < 65_536
        ? Buffer.from([0x80 | 126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([0x80 | 127, 0, 0, 0, 0]), bigEndian(length)]);
  // A payload of ones would look like fragments if it were taken for headers.
  return Buffer.concat([Buffer.from([first]), size, MASK, Buffer.alloc(length, 1)]);
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

test('messages of every length pass, whole and byte by byte', () => {
  const lengths = [0, 1, 125, 126, 65_535, 65_536, 70_000];
  const stream = Buffer.concat(lengths.map((length) => frame(1, true, length)));
  expect(new FrameGuard().accepts(stream)).toBe(true);
  const guard = new FrameGuard();
  for (let at = 0; at < 500; at++) expect(guard.accepts(stream.subarray(at, at + 1))).toBe(true);
});

test('a message of a few fragments passes, with pings between them', () => {
  const guard = new FrameGuard();
  for (let message = 0; message < 100; message++) {
    expect(guard.accepts(frame(1, false, 1000))).toBe(true);
    for (let i = 0; i < 10; i++) {
      expect(guard.accepts(Buffer.concat([frame(9, true, 4), frame(0, false, 7)]))).toBe(true);
    }
    expect(guard.accepts(frame(0, true, 0))).toBe(true);
  }
});

test('a message that goes on in empty fragments is refused', () => {
  const guard = new FrameGuard();
  const answers = Array.from({ length: 100 }, () => guard.accepts(frame(0, false, 0)));
  expect(answers.indexOf(false)).toBe(64);
});
