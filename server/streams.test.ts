import { expect, test } from 'vitest';
import { FRAME_TYPES } from './frames.ts';
import { STREAM_WINDOW_BYTES } from './sandbox-stream.ts';
import { startStreams as start } from './testing/bare-streams.ts';
import { until } from './testing/until.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('nothing is acknowledged that nobody has read, and a window of it is kept', async () => {
  const { open, data, sent } = start();
  open();
  for (let i = 0; i < 4; i++) data(16_384);
  await turn();
  const acked = sent.filter(({ type }) => type === FRAME_TYPES.streamAck);
  // One piece is in Node's own buffer before anyone has asked for it.
  expect(acked.length).toBeLessThanOrEqual(1);
});

test('what is read is acknowledged, to the last byte', async () => {
  const { open, data, sent } = start();
  const stream = open();
  let read = 0;
  stream.on('data', (bytes: Buffer) => (read += bytes.length));
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 4; i++) data(16_384);
    await turn();
  }
  expect(read).toBe(10 * STREAM_WINDOW_BYTES);
  const acked = sent
    .filter(({ type }) => type === FRAME_TYPES.streamAck)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
  expect(acked).toBe(read);
});

test('a reader that pauses and goes on gets all of it', async () => {
  const { open, data, sent } = start();
  const stream = open();
  let read = 0;
  stream.on('data', (bytes: Buffer) => {
    read += bytes.length;
    stream.pause();
    setImmediate(() => stream.resume());
  });
  const acked = () =>
    sent
      .filter(({ type }) => type === FRAME_TYPES.streamAck)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
  let sentToIt = 0;
  await until('twenty windows', () => {
    while (sentToIt - acked() + 10_000 <= STREAM_WINDOW_BYTES) {
      data(10_000);
      sentToIt += 10_000;
    }
    return read > 20 * STREAM_WINDOW_BYTES;
  });
});

test('a window is sent, and the rest as it is acknowledged', async () => {
  const { open, ack, sentBytes } = start();
  const stream = open();
  stream.end(Buffer.alloc(3 * STREAM_WINDOW_BYTES));
  expect(sentBytes()).toBe(STREAM_WINDOW_BYTES);
  ack(10_000);
  expect(sentBytes()).toBe(STREAM_WINDOW_BYTES + 10_000);
  ack(STREAM_WINDOW_BYTES);
  ack(STREAM_WINDOW_BYTES);
  await turn();
  expect(sentBytes()).toBe(3 * STREAM_WINDOW_BYTES);
});

test('streams take turns, and wait while the connection is busy', () => {
  const { streams, sent, connection, open } = start();
  connection.isIdle = false;
  open(1).write(Buffer.alloc(48 * 1024));
  open(2).write(Buffer.alloc(48 * 1024));
  expect(sent).toEqual([]);
  connection.isIdle = true;
  streams.resume();
  expect(sent.map(({ stream }) => stream)).toEqual([1, 2, 1, 2, 1, 2]);
});

test('both ends and then both closes free the number', async () => {
  const { open, take, types } = start(1);
  const stream = open();
  stream.resume();
  take(FRAME_TYPES.streamEnd);
  stream.end('bye');
  await until('the close', () => types().includes(FRAME_TYPES.streamClose));
  expect(types()).toEqual([FRAME_TYPES.streamData, FRAME_TYPES.streamEnd, FRAME_TYPES.streamClose]);
  expect(() => open(2)).toThrow('stream 2 opened beside 1');
  take(FRAME_TYPES.streamClose);
  open(2);
});

test('a close without an end breaks the stream off, and is answered', async () => {
  const { open, take, types } = start();
  const stream = open();
  let hasEnded = false;
  stream.on('end', () => (hasEnded = true)).resume();
  take(FRAME_TYPES.streamClose);
  await turn();
  expect(stream.destroyed).toBe(true);
  expect(hasEnded).toBe(false);
  expect(types()).toEqual([FRAME_TYPES.streamClose]);
});

test('what is still to be read when the sandbox has closed is read', async () => {
  const { open, take, data } = start();
  const stream = open();
  stream.end();
  await turn();
  for (let i = 0; i < 4; i++) data(16_384);
  take(FRAME_TYPES.streamEnd);
  take(FRAME_TYPES.streamClose);
  let read = 0;
  for await (const bytes of stream) read += (bytes as Buffer).length;
  expect(read).toBe(STREAM_WINDOW_BYTES);
});

test('what comes after our close is not kept, until the sandbox has closed too', () => {
  const { open, data, take } = start();
  open().destroy();
  data(16_384);
  take(FRAME_TYPES.streamClose);
  expect(() => data(1)).toThrow('not open');
});

test('nothing comes behind the close of a sandbox, although ours is still to come', async () => {
  const { open, take } = start();
  const stream = open();
  stream.end();
  await turn();
  take(FRAME_TYPES.streamEnd);
  take(FRAME_TYPES.streamClose);
  expect(stream.destroyed).toBe(false);
  for (const type of [FRAME_TYPES.streamClose, FRAME_TYPES.streamEnd, FRAME_TYPES.streamData]) {
    expect(() => take(type)).toThrow('a frame after the close of a stream');
  }
});

test('the end of the sandbox ends all of them', async () => {
  const { streams, open } = start();
  const all = [open(1), open(2)];
  streams.end();
  await turn();
  expect(all.every((stream) => stream.destroyed)).toBe(true);
});

test.each<[string, (sandbox: ReturnType<typeof start>) => void]>([
  ['opens a number twice', ({ open }) => open(1)],
  ['opens more than its limit', ({ open }) => [2, 3, 4, 5].forEach((number) => open(number))],
  ['sends for a stream that is not open', ({ data }) => data(1, 9)],
  ['sends no data', ({ data }) => data(0)],
  [
    'sends more than a window',
    ({ data }) => {
      for (let i = 0; i < 6; i++) data(16_384);
    },
  ],
  [
    'sends data after its end',
    ({ take, data }) => {
      take(FRAME_TYPES.streamEnd);
      data(1);
    },
  ],
  [
    'ends twice',
    ({ take }) => {
      take(FRAME_TYPES.streamEnd);
      take(FRAME_TYPES.streamEnd);
    },
  ],
  [
    'floods the server with streams',
    ({ open, take }) => {
      for (let i = 0; i < 100_000; i++) {
        open(2);
        take(FRAME_TYPES.streamClose, 2);
      }
    },
  ],
  ['acknowledges what was not sent', ({ ack }) => ack(1)],
  ['acknowledges with too little', ({ take }) => take(FRAME_TYPES.streamAck)],
  [
    'sends more than a window after our close',
    ({ open, data }) => {
      open(3).destroy();
      for (let i = 0; i < 6; i++) data(16_384, 3);
    },
  ],
])('a sandbox that %s breaks the protocol', (_what, breach) => {
  const sandbox = start();
  sandbox.open();
  expect(() => breach(sandbox)).toThrow();
});
