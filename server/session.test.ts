import { afterEach, expect, test, vi } from 'vitest';
import { FRAME_TYPES } from './frames.ts';
import { Session } from './session.ts';
import {
  ackAll,
  OPTIONS,
  RecordingClient,
  start,
  startRunning,
} from './testing/running-session.ts';
import { until } from './testing/until.ts';

/** Clocks that a test of another clock does not reach. */
const PATIENT = { idleTimeoutMs: 600_000, sessionTimeoutMs: 600_000 };

afterEach(() => vi.useRealTimers());

test('a session asks for its environment and starts the command at its size', async () => {
  const { sandbox } = await startRunning();
  expect(sandbox.received(FRAME_TYPES.hello)).toEqual(['{"environment":"ipython"}']);
  expect(sandbox.received(FRAME_TYPES.open)).toEqual(['{"cols":80,"rows":24}']);
});

test('a size that changes before the process runs is the size it starts with or gets next', async () => {
  const { session, sandbox } = await start({ size: { cols: 80, rows: 24 } }, { holdsOpen: true });
  await until('the question', () => sandbox().received(FRAME_TYPES.open).length === 1);
  session.resize({ cols: 100, rows: 30 });
  session.resize({ cols: 120, rows: 40 });
  sandbox().sendJson(FRAME_TYPES.open, { pid: 2 });
  const resizes = () => sandbox().frames.filter(({ type }) => type === FRAME_TYPES.resize);
  await until('the size', () => resizes().length > 0);
  expect(resizes().map(({ payload }) => payload.toString('hex'))).toEqual(['00780028']);
});

test('a session is gone only when the daemon has hung up, which is when its slot is free', async () => {
  const { session, client, sandbox } = await startRunning({}, { lingers: true });
  session.end({ reason: 'limit' });
  await until('the end of our half', () => sandbox.isClosed);
  expect(client.isGone).toBe(false);
  sandbox.close();
  await until('the end of the other half', () => client.isGone);
});

test('a process that starts at the right size is not resized', async () => {
  const { session, sandbox } = await startRunning();
  session.input('x');
  await until('the input', () => sandbox.received(FRAME_TYPES.data).length > 0);
  expect(sandbox.received(FRAME_TYPES.resize)).toEqual([]);
});

test('sizes that the sandbox has no time for are left out, all but the last', async () => {
  const { session, sandbox } = await startRunning();
  for (let i = 0; i < 20_000; i++) session.resize({ cols: 80 + (i % 2), rows: 24 });
  session.resize({ cols: 500, rows: 24 });
  const resizes = () => sandbox.frames.filter(({ type }) => type === FRAME_TYPES.resize);
  await until('the last size', () => resizes().at(-1)?.payload.readUInt16BE() === 500);
  expect(resizes().length).toBeLessThan(5_000);
});

test('typing before the process runs ends the session', async () => {
  const { session, client } = await start({}, { holdsOpen: true });
  session.input('x');
  expect(client.end).toEqual({ reason: 'protocol' });
});

test.each([
  [0, null, { reason: 'exit', exitCode: 0 }],
  [3, null, { reason: 'exit', exitCode: 3 }],
  [null, 'KILL', { reason: 'exit', signal: 'SIGKILL' }],
])('the process’s own end is told: code %s, signal %s', async (code, signal, end) => {
  const { sandbox, client } = await startRunning();
  sandbox.output('bye');
  sandbox.exit(code, signal);
  await until('the end', () => client.end);
  expect(client.end).toEqual(end);
  expect(client.output).toBe('bye');
});

test('the last words of a chatty process are told although nothing was acknowledged', async () => {
  const { sandbox, client } = await startRunning();
  for (let i = 0; i < 200; i++) sandbox.output('x');
  sandbox.exit(0, null);
  await until('the end', () => client.end);
  expect(client.output).toBe('x'.repeat(200));
});

test('a sandbox that is not made within 10 s is our fault', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  const { client, sandbox } = await start(PATIENT, { isMute: true });
  vi.advanceTimersByTime(10_000);
  expect(client.end).toEqual({ reason: 'fault' });
  await until('the connection to close', () => sandbox().isClosed);
});

test('a sandbox that was made in time goes on', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  const { client } = await startRunning(PATIENT);
  vi.advanceTimersByTime(60_000);
  expect(client.end).toBeUndefined();
});

test('a sandbox that breaks is our fault', async () => {
  const { sandbox, client } = await startRunning();
  sandbox.close();
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'fault' });
});

test.each([
  ['full', 'full'],
  ['environment', 'environment'],
  ['fault', 'fault'],
  ['protocol', 'fault'],
])('a refusal of the daemon, "%s", is told as "%s"', async (code, reason) => {
  const { sandbox, client } = await start({}, { isMute: true });
  await until('the question', () => sandbox().frames.length > 0);
  sandbox().fail(code);
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason });
});

test.each([
  ['no frame', Buffer.from('ffffffff00', 'hex')],
  ['JSON that is none', frame('O', '{')],
  ['a second opening', frame('O', '{"pid":3}')],
  ['an exit with an escape sequence as signal', frame('E', '{"code":null,"signal":"\\u001b[2J"}')],
  ['an acknowledgement of input that was never sent', frame('A', '\0\0\0\x01')],
  ['an acknowledgement that is too short', frame('A', '')],
  ['a frame that only the server sends', frame('S', 'INT')],
  ['a stream where there is no proxy', frame('o', '')],
])('a hostile sandbox that sends %s is ended as our fault', async (_what, bytes) => {
  const { sandbox, client } = await startRunning();
  sandbox.sendRaw(bytes);
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'fault' });
  await until('its connection to close', () => sandbox.isClosed);
});

test('a daemon that is not there is our fault', async () => {
  const client = new RecordingClient();
  new Session({ ...OPTIONS, socketPath: '/nowhere/sandbox.sock' }, client);
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'fault' });
});

test('a session without typing ends; typing keeps it', async () => {
  const { session, client } = await startRunning({ idleTimeoutMs: 200 });
  const startedAt = Date.now();
  await until('twice the timeout', () => {
    session.input('x');
    ackAll(session, client);
    return Date.now() - startedAt > 400;
  });
  expect(client.end).toBeUndefined();
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'idle' });
});

test('a session ends at its total time even while it is used', async () => {
  const { session, client } = await startRunning({ sessionTimeoutMs: 200 });
  await until('the end', () => {
    session.input('x');
    ackAll(session, client);
    return client.end;
  });
  expect(client.end).toEqual({ reason: 'limit' });
});

test('the end closes the sandbox’s connection, and is told once', async () => {
  const { session, sandbox, client } = await startRunning();
  session.end({ reason: 'off' });
  session.end({ reason: 'lost' });
  session.input('x');
  session.ack(1);
  session.resize({ cols: 1, rows: 1 });
  await until('the sandbox to close', () => sandbox.isClosed);
  expect(client.ends).toEqual([{ reason: 'off' }]);
});

test('a session that ends while its sandbox is being made leaves nothing', async () => {
  const { session, sandbox } = await start({}, { isMute: true });
  await until('the question', () => sandbox().frames.length > 0);
  session.end({ reason: 'lost' });
  await until('the connection to close', () => sandbox().isClosed);
});

function frame(type: string, payload: string): Buffer {
  const head = Buffer.from([0, 0, 0, 3 + payload.length, type.charCodeAt(0), 0, 1]);
  return Buffer.concat([head, Buffer.from(payload, 'latin1')]);
}
