import { expect, test } from 'vitest';
import { FRAME_TYPES } from './frames.ts';
import { openSocket, startConsole, TRANSPORTS } from './testing/socket-client.ts';
import { startTestServer } from './testing/test-server.ts';
import { until } from './testing/until.ts';

const SIZE = { cols: 80, rows: 24 };

test.each(TRANSPORTS)('over %s a visitor authenticates, types and reads', async (transport) => {
  const server = await startTestServer();
  const client = await startConsole(server, transport);
  await client.has('running');
  client.send({ kind: 'input', data: 'print("λ🐍")\r' });
  await until('the echo', () => client.output === 'print("λ🐍")\r');
  await client.has('ack');
  expect(client.messages.map(({ kind }) => kind).slice(0, 2)).toEqual(['ready', 'running']);
  client.send({ kind: 'resize', size: { cols: 100, rows: 30 } });
  const sandbox = server.daemon.sandboxes[0];
  await until('the size', () => sandbox?.received(FRAME_TYPES.resize).length === 1);
});

test.each(TRANSPORTS)('over %s a flood of output arrives whole', async (transport) => {
  const server = await startTestServer();
  const client = await startConsole(server, transport);
  await client.has('running');
  const [sandbox] = server.daemon.sandboxes;
  const line = `\u001b[31m${'x'.repeat(995)}`;
  let sent = 0;
  await until('two megabytes', () => {
    while (sandbox && sent < 2_000 && sent * 1_000 - sandbox.ackedBytes < 200_000) {
      sandbox.output(line);
      sent += 1;
    }
    client.ackAll();
    return sent === 2_000 && sandbox?.ackedBytes === 2_000_000;
  });
  expect(client.output).toBe(line.repeat(2_000));
});

test.each(TRANSPORTS)('over %s the visitor is told why it ended', async (transport) => {
  const server = await startTestServer();
  const client = await startConsole(server, transport);
  await client.has('running');
  server.daemon.sandboxes[0]?.output('bye');
  server.daemon.sandboxes[0]?.exit(7, null);
  expect(await client.ended()).toEqual({ reason: 'exit', exitCode: 7 });
  await until('the connection to close', () => client.isClosed);
  expect(client.output).toBe('bye');
  expect(client.messages.filter(({ kind }) => kind === 'end')).toHaveLength(1);
});

test('no sandbox is asked for before the proof', async () => {
  const server = await startTestServer();
  const client = await openSocket(server.consoleUrl, 'websocket');
  client.send({ kind: 'auth', token: 'x', size: SIZE });
  expect(await client.ended()).toEqual({ reason: 'token' });
  expect(server.daemon.sandboxes).toEqual([]);
});

test('a proof works once', async () => {
  const server = await startTestServer();
  const token = await server.takeToken();
  for (const outcome of ['running', 'end'] as const) {
    const client = await openSocket(server.consoleUrl, 'websocket');
    client.send({ kind: 'auth', token, size: SIZE });
    await client.has(outcome);
  }
  expect(server.daemon.sandboxes).toHaveLength(1);
});

test('an environment that the node does not have is told', async () => {
  const server = await startTestServer({}, {});
  const client = await startConsole(server);
  await client.has('running');
  server.daemon.sandboxes[0]?.fail('environment');
  expect(await client.ended()).toEqual({ reason: 'environment' });
});

test('when the visitor leaves, the sandbox is gone', async () => {
  const server = await startTestServer();
  const client = await startConsole(server);
  await client.has('running');
  client.close();
  await until('the sandbox to close', () => server.daemon.sandboxes[0]?.isClosed);
});

test('a visitor who stops acknowledging is told and ended', async () => {
  const server = await startTestServer({ STALL_TIMEOUT_MS: '100' });
  const client = await startConsole(server);
  await client.has('running');
  for (let i = 0; i < 3; i++) server.daemon.sandboxes[0]?.output(Buffer.alloc(60_000, 'x'));
  expect(await client.ended()).toEqual({ reason: 'stalled' });
});

test('"off" ends living consoles with that reason, "drain" lets them go on', async () => {
  const server = await startTestServer();
  const client = await startConsole(server);
  await client.has('running');
  await server.moveSwitch('drain');
  client.send({ kind: 'input', data: 'x' });
  await until('the echo', () => client.output === 'x');
  await server.moveSwitch('off');
  expect(await client.ended()).toEqual({ reason: 'off' });
});

test('a page that was loaded before "off" starts no console', async () => {
  const server = await startTestServer();
  const token = await server.takeToken();
  await server.moveSwitch('off');
  const client = await openSocket(server.consoleUrl, 'websocket');
  client.send({ kind: 'auth', token, size: SIZE });
  expect(await client.ended()).toEqual({ reason: 'off' });
  expect(server.daemon.sandboxes).toEqual([]);
});

test('a server that stops tells its visitors and closes their sandboxes', async () => {
  const server = await startTestServer();
  const client = await startConsole(server);
  await client.has('running');
  const stopped = server.stop();
  expect(await client.ended()).toEqual({ reason: 'maintenance' });
  await until('the sandbox to close', () => server.daemon.sandboxes[0]?.isClosed);
  await stopped;
});
