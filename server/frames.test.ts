import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import {
  encodeFrame,
  FrameReader,
  MalformedFrame,
  MAX_PAYLOAD_BYTES,
  type Frame,
} from './frames.ts';

/** A line of the examples that the sandbox's tests replay too; payload and hex are hexadecimal. */
interface Example {
  name: string;
  hex: string;
  broken?: true;
  type: Frame['type'];
  terminal: number;
  payload: string;
}

const EXAMPLES = readFileSync(resolve(import.meta.dirname, '../sandbox/frames.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Example);

test.each(EXAMPLES.filter(({ broken }) => !broken))('"$name" is read and written', (example) => {
  const bytes = Buffer.from(example.hex, 'hex');
  const { type, terminal } = example;
  const frame = { type, terminal, payload: Buffer.from(example.payload, 'hex') };
  expect(new FrameReader().push(bytes)).toEqual([frame]);
  expect(encodeFrame(frame).toString('hex')).toBe(example.hex);
});

test.each(EXAMPLES.filter(({ broken }) => broken))('"$name" is refused', ({ hex }) => {
  expect(() => new FrameReader().push(Buffer.from(hex, 'hex'))).toThrow(MalformedFrame);
});

test('frames come out whole however the stream is cut', () => {
  const frames: Frame[] = [
    { type: 'D', terminal: 1, payload: Buffer.from('one') },
    { type: 'D', terminal: 1, payload: Buffer.alloc(MAX_PAYLOAD_BYTES, 'x') },
    { type: 'C', terminal: 65_535, payload: Buffer.alloc(0) },
  ];
  const stream = Buffer.concat(frames.map(encodeFrame));
  for (const step of [1, 7, 4_096, stream.length]) {
    const reader = new FrameReader();
    const read: Frame[] = [];
    for (let at = 0; at < stream.length; at += step) {
      read.push(...reader.push(stream.subarray(at, at + step)));
    }
    expect(read).toEqual(frames);
  }
});

test('a length that would make us wait for gigabytes is refused at once', () => {
  expect(() => new FrameReader().push(Buffer.from('ffffffff', 'hex'))).toThrow(MalformedFrame);
});
