/** A session whose sandbox meets limits, or says so. */
import { expect, test } from 'vitest';
import { FRAME_TYPES } from './frames.ts';
import { start, startRunning } from './testing/running-session.ts';
import { until } from './testing/until.ts';

test('a limit that was met is told with its amount, and the session goes on', async () => {
  const { sandbox, client } = await startRunning();
  sandbox.sendJson(FRAME_TYPES.notice, { limit: 'processes' });
  await until('the notice', () => client.notices.length > 0);
  expect(client.notices).toEqual([{ limit: 'processes', amount: 64 }]);
  expect(client.end).toBeUndefined();
});

test('a hostile sandbox neither chooses the amount nor tells it over and over', async () => {
  const { sandbox, client } = await startRunning();
  for (let i = 0; i < 50; i++) {
    sandbox.sendJson(FRAME_TYPES.notice, { limit: 'memory', amount: 7, memory_mb: 7 });
  }
  sandbox.output('done');
  await until('the output', () => client.output === 'done');
  expect(client.notices).toEqual([{ limit: 'memory', amount: 256 }]);
});

test('a hostile sandbox that floods the server with notices is ended', async () => {
  const { sandbox, client } = await startRunning();
  for (let i = 0; i < 200; i++) sandbox.sendJson(FRAME_TYPES.notice, { limit: 'disk' });
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'fault' });
  expect(client.notices).toEqual([{ limit: 'disk' }]);
});

test.each(['{"limit":"toString"}', '{"limit":"\\u001b[2J"}', '{}', 'null', '{'])(
  'a notice of %s is a breach of the protocol',
  async (payload) => {
    const { sandbox, client } = await startRunning();
    sandbox.send(FRAME_TYPES.notice, Buffer.from(payload));
    await until('the end', () => client.end);
    expect(client.end).toEqual({ reason: 'fault' });
  },
);

test('an interpreter that was killed for memory ends the session with that reason', async () => {
  const { sandbox, client } = await startRunning();
  sandbox.output('last words');
  sandbox.exit(null, 'KILL', 'memory');
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'memory', amount: 256 });
  expect(client.output).toBe('last words');
});

test('a sandbox that was killed for memory as a whole is told by the daemon', async () => {
  const { sandbox, client } = await startRunning();
  sandbox.fail('memory');
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'memory', amount: 256 });
});

test('a notice that comes before the sandbox is ready is not told', async () => {
  const { sandbox, client } = await start({}, { isMute: true });
  await until('the question', () => sandbox().frames.length > 0);
  sandbox().sendJson(FRAME_TYPES.notice, { limit: 'memory' });
  sandbox().fail('full');
  await until('the end', () => client.end);
  expect(client.notices).toEqual([]);
});
