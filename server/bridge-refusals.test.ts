import { expect, test } from 'vitest';
import { encodeClient } from './protocol-codec.ts';
import { openSocket, startConsole } from './testing/socket-client.ts';
import { startTestServer } from './testing/test-server.ts';
import { until } from './testing/until.ts';

const SIZE = { cols: 80, rows: 24 };

test.each([
  ['input', { kind: 'input', data: 'x' }],
  ['a size', { kind: 'resize', size: SIZE }],
  ['an acknowledgement', { kind: 'ack', messages: 1 }],
] as const)('%s before the proof ends the connection', async (_what, message) => {
  const server = await startTestServer();
  const client = await openSocket(server.consoleUrl, 'websocket');
  client.send(message);
  expect(await client.ended()).toEqual({ reason: 'protocol' });
});

test('a second message while the proof is looked at ends the connection', async () => {
  const server = await startTestServer();
  const client = await openSocket(server.consoleUrl, 'websocket');
  client.send({ kind: 'auth', token: await server.takeToken(), size: SIZE });
  client.send({ kind: 'input', data: 'x' });
  expect(await client.ended()).toEqual({ reason: 'protocol' });
  await until('no session', () => server.daemon.sandboxes.every(({ isClosed }) => isClosed));
});

test('a second proof while the first is looked at ends the connection', async () => {
  const server = await startTestServer();
  const client = await openSocket(server.consoleUrl, 'websocket');
  const tokens = [await server.takeToken(), await server.takeToken()];
  client.sendBatch(tokens.map((token) => encodeClient({ kind: 'auth', token, size: SIZE })));
  expect(await client.ended()).toEqual({ reason: 'protocol' });
});

test('a second proof ends the session', async () => {
  const server = await startTestServer();
  const client = await startConsole(server);
  await client.has('running');
  client.send({ kind: 'auth', token: await server.takeToken(), size: SIZE });
  expect(await client.ended()).toEqual({ reason: 'protocol' });
  await until('the sandbox to close', () => server.daemon.sandboxes[0]?.isClosed);
});

test.each(['', 'nonsense', 't{', 't{"token":1}', 'r0x0', 'r99999x1', 'a0', 'a-1', 'i'])(
  'the malformed message %j ends the connection, before and after the proof',
  async (raw) => {
    const server = await startTestServer();
    const before = await openSocket(server.consoleUrl, 'websocket');
    before.sendRaw(raw);
    expect(await before.ended()).toEqual({ reason: 'protocol' });
    const after = await startConsole(server);
    await after.has('running');
    after.sendRaw(raw);
    expect(await after.ended()).toEqual({ reason: 'protocol' });
  },
);

test('an oversized message is not even put together: it ends the connection and the sandbox', async () => {
  const server = await startTestServer();
  const client = await startConsole(server);
  await client.has('running');
  client.sendRaw(`i${'x'.repeat(70_000)}`);
  await until('the connection to close', () => client.isClosed);
  expect(client.messages.some(({ kind }) => kind === 'end')).toBe(false);
  await until('the sandbox to close', () => server.daemon.sandboxes[0]?.isClosed);
});

test('a client that never authenticates is told so and closed', async () => {
  const server = await startTestServer({ AUTH_TIMEOUT_MS: '100' });
  const client = await openSocket(server.consoleUrl, 'websocket');
  expect(await client.ended()).toEqual({ reason: 'silent' });
  await until('the connection to close', () => client.isClosed);
});

test('one address cannot hold more silent sockets than its share', async () => {
  const server = await startTestServer({ MAX_SESSIONS_PER_ADDRESS: '1' });
  const seated = [
    await openSocket(server.consoleUrl, 'websocket'),
    await openSocket(server.consoleUrl, 'websocket'),
  ];
  const third = await openSocket(server.consoleUrl, 'websocket');
  expect(await third.ended()).toMatchObject({ reason: 'rate' });
  seated[0]?.close();
  await until('a free seat', async () => {
    const next = await openSocket(server.consoleUrl, 'websocket');
    next.send({ kind: 'auth', token: 'x', size: SIZE });
    return (await next.ended()).reason === 'token';
  });
});

test('an address with too many consoles is refused, and served again when one has ended', async () => {
  const server = await startTestServer({ MAX_SESSIONS_PER_ADDRESS: '1' });
  const first = await startConsole(server);
  await first.has('running');
  expect(await (await startConsole(server)).ended()).toEqual({ reason: 'rate' });
  first.close();
  await until('room', async () => {
    const next = await startConsole(server);
    const outcome = await Promise.race([next.has('running'), next.ended()]);
    return outcome === true;
  });
});
