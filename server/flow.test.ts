import { expect, test, vi } from 'vitest';
import { InputFlow, OutputFlow } from './flow.ts';
import { INPUT_WINDOW_BYTES, MAX_MESSAGE_BYTES, OUTPUT_WINDOW_BYTES } from './protocol.ts';

test('a character that is cut between two frames arrives whole', () => {
  const flow = new OutputFlow();
  const bytes = Buffer.from('λ→🐍');
  let text = '';
  for (const byte of bytes) {
    flow.receive(Buffer.from([byte]));
    text += flow.next() ?? '';
  }
  expect(text).toBe('λ→🐍');
});

test('acknowledging all messages acknowledges every byte, also of cut characters', () => {
  const flow = new OutputFlow();
  const bytes = Buffer.from('🐍🐍');
  for (const byte of bytes) flow.receive(Buffer.from([byte]));
  const messages = drain(flow);
  expect(flow.ack(messages.length)).toBe(bytes.length);
  expect(flow.isHeldBack).toBe(false);
});

test('no message is larger than the wire allows, even of bytes that are no text', () => {
  const flow = new OutputFlow();
  flow.receive(Buffer.alloc(65_536, 0xff));
  const sizes = drain(flow).map((text) => Buffer.byteLength(text));
  expect(Math.max(...sizes)).toBeLessThan(MAX_MESSAGE_BYTES);
});

test('a program that prints byte by byte is put together instead of piling up messages', () => {
  const flow = new OutputFlow();
  let text = '';
  let messages = 0;
  for (let i = 0; i < 10_000; i++) {
    flow.receive(Buffer.from('x'));
    const sent = drain(flow);
    messages += sent.length;
    text += sent.join('');
  }
  expect(messages).toBe(64);
  flow.ack(64);
  expect(drain(flow)).toEqual(['x'.repeat(10_000 - 64)]);
  expect(text).toHaveLength(64);
});

test('a whole window of single bytes takes no more work than one large piece of it', () => {
  const flow = new OutputFlow();
  const byte = Buffer.from('x');
  const copies = vi.spyOn(Buffer.prototype, 'copy');
  for (let i = 0; i < OUTPUT_WINDOW_BYTES; i++) flow.receive(byte);
  // Nothing is moved about when it is sent: a block is taken as it is.
  copies.mockClear();
  expect(drain(flow).map((text) => text.length)).toEqual(Array(16).fill(16_384));
  expect(copies).not.toHaveBeenCalled();
  copies.mockRestore();
});

test('acknowledging more than was sent is noticed', () => {
  const flow = new OutputFlow();
  flow.receive(Buffer.from('x'));
  drain(flow);
  expect(flow.ack(2)).toBeUndefined();
  expect(flow.ack(1)).toBe(1);
  expect(flow.ack(1)).toBeUndefined();
});

test('a sandbox that ignores its window is noticed', () => {
  const flow = new OutputFlow();
  expect(flow.receive(Buffer.alloc(OUTPUT_WINDOW_BYTES + 131_072))).toBe(true);
  expect(flow.receive(Buffer.alloc(1))).toBe(false);
});

test('at the end the rest comes out, and half a character becomes a replacement character', () => {
  const flow = new OutputFlow();
  for (let i = 0; i < 100; i++) {
    flow.receive(Buffer.from('x'));
    flow.next();
  }
  flow.receive(Buffer.from([0xce]));
  expect([...flow.rest()].join('')).toBe(`${'x'.repeat(36)}\ufffd`);
});

test('input is done message by message, however the process takes it', () => {
  const flow = new InputFlow();
  expect([3, 4, 5].map((size) => flow.receive(size))).toEqual([true, true, true]);
  expect([2, 1, 8, 1].map((bytes) => flow.ack(bytes))).toEqual([0, 1, 1, 1]);
  expect(flow.ack(1)).toBeUndefined();
});

test('input past its window is noticed, and fits again once some was taken', () => {
  const flow = new InputFlow();
  expect(flow.receive(INPUT_WINDOW_BYTES)).toBe(true);
  flow.ack(10);
  expect(flow.receive(10)).toBe(true);
  expect(flow.receive(1)).toBe(false);
});

function drain(flow: OutputFlow): string[] {
  const texts: string[] = [];
  for (let text = flow.next(); text !== undefined; text = flow.next()) texts.push(text);
  return texts;
}
