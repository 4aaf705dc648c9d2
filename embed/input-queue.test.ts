/** Typed and pasted text between the terminal and the wire. */
import { expect, test } from 'vitest';
import { INPUT_WINDOW_BYTES, MAX_INPUT_UNITS } from '../server/protocol.ts';
import { InputQueue } from './input-queue.ts';

function openQueue() {
  const sent: string[] = [];
  const queue = new InputQueue((data) => sent.push(data));
  queue.open();
  return { queue, sent };
}

/** Acknowledges until nothing more comes out. */
function drain(queue: InputQueue, sent: string[]): string {
  for (let seen = 0; seen < sent.length; seen += 1) queue.acknowledge(1);
  return sent.join('');
}

test('what is typed before the process runs arrives when it does', () => {
  const sent: string[] = [];
  const queue = new InputQueue((data) => sent.push(data));
  queue.push('a');
  queue.push('b');
  expect(sent).toEqual([]);
  queue.open();
  expect(sent).toEqual(['ab']);
});

test('a key press leaves at once', () => {
  const { queue, sent } = openQueue();
  queue.push('a');
  expect(sent).toEqual(['a']);
});

test('a large paste arrives whole, in order, and in pieces that the server takes', () => {
  const { queue, sent } = openQueue();
  const paste = Array.from({ length: 40_000 }, (_, line) => `line ${line}\r`).join('');
  queue.push(paste);
  expect(drain(queue, sent)).toBe(paste);
  expect(Math.max(...sent.map((piece) => piece.length))).toBe(MAX_INPUT_UNITS);
});

test('a character is never parted', () => {
  const { queue, sent } = openQueue();
  const paste = 'x' + '😀'.repeat(MAX_INPUT_UNITS);
  queue.push(paste);
  expect(drain(queue, sent)).toBe(paste);
  // Half a character cannot be encoded.
  for (const piece of sent) expect(() => encodeURIComponent(piece)).not.toThrow();
});

test.each(['a', 'é', '漢', '😀', '"', '\x1b', '\u2000'])(
  'however %j is written on the wire, what is on its way stays below the window',
  (character) => {
    const { queue, sent } = openQueue();
    queue.push(character.repeat(200_000));
    const request = JSON.stringify(sent.map((piece) => 'i' + piece));
    // SockJS writes some characters as \uXXXX: six bytes for each unit that is not plain ASCII.
    const bytes = request.replace(/[^ -~]/g, '      ').length;
    expect(sent.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(INPUT_WINDOW_BYTES);
  },
);

test('input waits while nothing is acknowledged', () => {
  const { queue, sent } = openQueue();
  queue.push('x'.repeat(100_000));
  const before = sent.length;
  queue.push('y');
  expect(sent.length).toBe(before);
  queue.acknowledge(1);
  expect(sent.length).toBe(before + 1);
});

test('Ctrl-C goes ahead of a paste that has not left yet', () => {
  const { queue, sent } = openQueue();
  queue.push('x'.repeat(500_000));
  queue.push('\x03');
  const received = drain(queue, sent);
  expect(received.endsWith('\x03')).toBe(true);
  expect(received.length).toBeLessThan(INPUT_WINDOW_BYTES);
});

test('Ctrl-C is sent at once, also where nothing is acknowledged', () => {
  const { queue, sent } = openQueue();
  queue.push('x'.repeat(500_000));
  queue.push('\x03');
  expect(sent.at(-1)).toBe('\x03');
});

test('a thousand short answers to the terminal stay below the window too', () => {
  const { queue, sent } = openQueue();
  for (let i = 0; i < 20_000; i++) queue.push('abc');
  const bytes = JSON.stringify(sent.map((piece) => 'i' + piece)).length;
  expect(bytes).toBeLessThan(INPUT_WINDOW_BYTES);
});

test('too much is refused whole, and what waits is kept', () => {
  const { queue, sent } = openQueue();
  expect(queue.push('x'.repeat(2_000_000))).toBe(false);
  expect(queue.push('y')).toBe(true);
  expect(drain(queue, sent)).toBe('y');
});
