/** The trust boundary: what the server believes a sandbox, and what it lets itself be made to hold. */
import { afterEach, expect, test, vi } from 'vitest';
import { encodeCount, encodeFrame, FRAME_TYPES, FrameReader, type FrameType } from './frames.ts';
import { FACTS, json, OPENED, READY, start, startOpen } from './testing/bare-sandbox.ts';
import { FAKE_FACTS } from './testing/fake-sandbox-daemon.ts';
import { until } from './testing/until.ts';

afterEach(() => void vi.useRealTimers());

test.each<[string, RegExp, [FrameType, Buffer][]]>([
  [
    'tells its facts twice',
    /facts a second time/,
    [
      [FRAME_TYPES.facts, FACTS],
      [FRAME_TYPES.facts, FACTS],
    ],
  ],
  ['is ready without facts', /no facts/, [[FRAME_TYPES.ready, READY]]],
  [
    'is ready twice',
    /ready a second time/,
    [
      [FRAME_TYPES.facts, FACTS],
      [FRAME_TYPES.ready, READY],
      [FRAME_TYPES.ready, READY],
    ],
  ],
  [
    'opens a terminal that nobody has asked for',
    /not asked for/,
    [
      [FRAME_TYPES.facts, FACTS],
      [FRAME_TYPES.ready, READY],
      [FRAME_TYPES.open, OPENED],
    ],
  ],
  [
    'opens a stream before it is ready',
    /an unexpected o/,
    [
      [FRAME_TYPES.facts, FACTS],
      [FRAME_TYPES.streamOpen, Buffer.alloc(0)],
    ],
  ],
])('one that %s breaks the protocol', async (_what, expected, frames) => {
  const { send, failures } = await start();
  for (const [type, payload] of frames) send(type, payload);
  await until('the failure', () => failures.length > 0);
  expect(failures).toEqual([expect.stringMatching(expected)]);
});

test.each<[string, RegExp, [FrameType, Buffer][]]>([
  ['opens its terminal again', /not asked for/, [[FRAME_TYPES.open, OPENED]]],
  ['tells its facts anew', /facts a second time/, [[FRAME_TYPES.facts, FACTS]]],
  ['acknowledges nothing', /nothing acknowledged/, [[FRAME_TYPES.ack, encodeCount(0)]]],
  [
    'acknowledges nothing of a stream',
    /nothing acknowledged/,
    [
      [FRAME_TYPES.streamOpen, Buffer.alloc(0)],
      [FRAME_TYPES.streamAck, encodeCount(0)],
    ],
  ],
])('one that runs and %s breaks the protocol', async (_what, expected, frames) => {
  const { send, failures } = await startOpen();
  for (const [type, payload] of frames) send(type, payload);
  await until('the failure', () => failures.length > 0);
  expect(failures).toEqual([expect.stringMatching(expected)]);
});

test('a stream where there is no proxy breaks the protocol', async () => {
  const { send, failures, streams } = await startOpen(json(FAKE_FACTS));
  send(FRAME_TYPES.streamOpen);
  await until('the failure', () => failures.length > 0);
  expect(failures).toEqual(['malformed: an unexpected o']);
  expect(streams).toEqual([]);
});

test('no data is taken now and then, as an interrupt brings it, but not over and over', async () => {
  const { send, told, failures } = await startOpen();
  for (let i = 0; i < 200; i++) send(FRAME_TYPES.data, Buffer.alloc(i % 2));
  await until('the data', () => told.length === 202);
  expect(failures).toEqual([]);
  for (let i = 0; i < 200; i++) send(FRAME_TYPES.data);
  await until('the failure', () => failures.length > 0);
  expect(failures).toEqual(['malformed: no data, over and over']);
});

test.each<[string, FrameType, Buffer]>([
  ['a breach', FRAME_TYPES.ack, Buffer.alloc(1)],
  ['an error', FRAME_TYPES.error, json({ code: 'fault', message: 'x' })],
])('what comes behind %s is not told', async (_what, type, payload) => {
  const { far, told, failures } = await startOpen();
  const last = encodeFrame({ type, terminal: 1, payload });
  const data = encodeFrame({ type: FRAME_TYPES.data, terminal: 1, payload: Buffer.alloc(1) });
  far.write(Buffer.concat([last, data]));
  await until('the failure', () => failures.length > 0);
  expect(told).not.toContain('data 1');
});

test('one that does not read is ended at a megabyte', async () => {
  const { sandbox, told, failures } = await startOpen();
  const piece = Buffer.alloc(16_384);
  for (let i = 0; i < 48; i++) sandbox.input(piece);
  await new Promise((resolve) => setImmediate(resolve));
  expect(failures).toEqual([]);
  for (let i = 0; i < 48; i++) sandbox.input(piece);
  await until('the failure', () => failures.length > 0);
  expect(failures).toEqual(['it does not read what it is sent']);
  await until('its end', () => told.includes('gone'));
});

test('one that makes the server answer and does not read the answers is ended', async () => {
  const { far, send, failures, streams } = await startOpen();
  send(FRAME_TYPES.streamOpen);
  const stream = await until('the stream', () => streams[0]);
  stream.resume();
  const byte = { type: FRAME_TYPES.streamData, terminal: 1, payload: Buffer.alloc(1) };
  const thousand = Buffer.concat(Array<Buffer>(1_000).fill(encodeFrame(byte)));
  for (let i = 0; i < 1_000 && failures.length === 0; i++) {
    far.write(thousand);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('the failure', () => failures.length > 0);
  expect(failures).toEqual(['it does not read what it is sent']);
});

test('a stream goes on as soon as what stood before it is written', async () => {
  const { sandbox, far, send, streams } = await startOpen();
  send(FRAME_TYPES.streamOpen);
  const stream = await until('the stream', () => streams[0]);
  for (let i = 0; i < 40; i++) sandbox.input(Buffer.alloc(16_384));
  stream.write('later');
  const reader = new FrameReader();
  const got: string[] = [];
  far.on('data', (chunk: Buffer) => {
    for (const { type, payload } of reader.push(chunk)) {
      if (type === FRAME_TYPES.streamData) got.push(payload.toString());
    }
  });
  await until('the stream’s data', () => got.join('') === 'later');
});

test.each(['by the server', 'by the sandbox'])('the end, %s, ends its streams', async (by) => {
  const { far, abort, send, streams } = await startOpen();
  send(FRAME_TYPES.streamOpen);
  const stream = await until('the stream', () => streams[0]);
  if (by === 'by the server') abort.abort();
  else far.end();
  await until('the end of the stream', () => stream.destroyed);
});

test('one that has failed and is then ended leaves no clock running', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  const { far, abort, send, told, failures } = await startOpen();
  send(FRAME_TYPES.error, json({ code: 'fault', message: 'x' }));
  await until('the failure', () => failures.length > 0);
  abort.abort();
  far.end();
  await until('its end', () => told.includes('gone'));
  expect(vi.getTimerCount()).toBe(0);
});
