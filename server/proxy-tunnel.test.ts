import { expect, test } from 'vitest';
import { connectTo, HOST, PUBLIC, tunnel, visit } from './testing/proxy-visitor.ts';
import { startUpstream } from './testing/upstream.ts';
import { until } from './testing/until.ts';

test('a tunnel carries bytes both ways until both have ended', async () => {
  const upstream = await startUpstream((socket) => {
    socket.on('data', (data) => socket.write(data.toString('latin1').toUpperCase()));
    socket.on('end', () => socket.end('bye'));
  });
  const { open, connected, lines } = visit(upstream);
  const program = await tunnel(open);
  await program.write('question');
  await until('the answer', () => program.text === 'QUESTION');
  program.end();
  await until('the end', () => program.hasEnd);
  expect(program.text).toBe('QUESTIONbye');
  await until('the close', () => program.isClosed);
  program.close();
  expect(connected).toEqual([`${PUBLIC}:443`]);
  await until('the line', () => lines.length > 0);
  expect(lines[0]).toMatchObject({ host: HOST, port: 443, outcome: 'done' });
});

test('what a program sends behind its CONNECT without waiting is not lost', async () => {
  const upstream = await startUpstream(() => undefined);
  const { open } = visit(upstream);
  await open().write(`${connectTo(`${HOST}:443`)}early`);
  await until('the bytes', () => upstream.received[0] === 'early');
});

test('a megabyte passes in both directions at once', async () => {
  const upstream = await startUpstream((socket) => socket.pipe(socket));
  const { open } = visit({ ...upstream, allowanceMb: 10 });
  const program = await tunnel(open);
  await program.write(Buffer.alloc(1 << 20, 'x'));
  await until('all of it', () => program.received.length === 1 << 20);
});

test('a program that does not read blocks only its own stream, at one window', async () => {
  const upstream = await startUpstream((socket) => socket.write(Buffer.alloc(4 << 20, 'x')));
  const { open } = visit({ ...upstream, allowanceMb: 100 });
  const stalled = open();
  stalled.reads = false;
  await stalled.write(connectTo(`${HOST}:443`));
  await until('the window', () => stalled.received.length === 65_536);
  const other = open();
  await other.write(connectTo(`${HOST}:443`));
  await until('more than a window', () => other.received.length > 1 << 20);
  expect(stalled.received.length).toBe(65_536);
  stalled.acknowledge();
  await until('more', () => stalled.received.length > 65_536);
});

test('a host that does not read blocks only its own stream', async () => {
  const upstream = await startUpstream((socket) => socket.pause());
  const { open } = visit({ ...upstream, allowanceMb: 100 });
  const program = await tunnel(open);
  const writing = program.write(Buffer.alloc(32 << 20));
  await expect(writing).rejects.toThrow('the proxy to take more');
  const other = await tunnel(open);
  await other.write('x'.repeat(1_000));
  await until('it is taken', () => other.taken > 1_000);
});

test('a host that breaks off breaks the program’s connection off, without an end', async () => {
  const upstream = await startUpstream((socket) =>
    socket.on('data', () => socket.resetAndDestroy()),
  );
  const { open, lines } = visit(upstream);
  const program = await tunnel(open);
  await program.write('x');
  await until('the close', () => program.isClosed);
  expect(program.hasEnd).toBe(false);
  expect(lines[0]).toMatchObject({ outcome: 'broken' });
});

test('a program that breaks off ends the connection to the host', async () => {
  const upstream = await startUpstream(() => undefined);
  const { open } = visit(upstream);
  const program = await tunnel(open);
  program.close();
  await until('the end outside', () => upstream.sockets[0]?.readableEnded);
});

test('a program that breaks off while it is connected gives the attempt up', async () => {
  const attempt: { signal?: AbortSignal } = {};
  const { open } = visit({
    connect: (_address, _port, signal) => {
      attempt.signal = signal;
      return new Promise(() => undefined);
    },
  });
  const program = open();
  await program.write(connectTo(`${HOST}:443`));
  await until('the attempt', () => attempt.signal);
  program.close();
  // At once, and not when the attempt would end by itself.
  await new Promise((resolve) => setImmediate(resolve));
  expect(attempt.signal?.aborted).toBe(true);
});

test('a connection that comes about too late is ended', async () => {
  const upstream = await startUpstream(() => undefined);
  const { open } = visit({
    connect: async (...where) => {
      await until('the program to break off', () => where[2].aborted);
      return upstream.connect(...where);
    },
  });
  const program = open();
  await program.write(connectTo(`${HOST}:443`));
  setTimeout(() => program.close(), 20);
  await until('its end', () => upstream.sockets[0]?.readableEnded);
});

test('the end of the sandbox ends every connection', async () => {
  const upstream = await startUpstream(() => undefined);
  const { open, streams, lines } = visit(upstream);
  await Promise.all([tunnel(open), tunnel(open)]);
  streams.end();
  await until('the end outside', () => upstream.sockets.every((socket) => socket.readableEnded));
  await until('both lines', () => lines.length === 2);
});

test('past the allowance living tunnels break off and new ones are told why', async () => {
  const upstream = await startUpstream((socket) => socket.pipe(socket));
  const { open, ask, lines } = visit({ ...upstream, allowanceMb: 1 });
  const [one, idle] = await Promise.all([tunnel(open), tunnel(open)]);
  await one.write(Buffer.alloc(400_000)).catch(() => undefined);
  await one.write(Buffer.alloc(400_000)).catch(() => undefined);
  await until('both ends', () => one.isClosed && idle.isClosed);
  expect(one.hasEnd).toBe(false);
  one.close();
  idle.close();
  expect(await ask(connectTo(`${HOST}:443`))).toMatch(
    /^HTTP\/1.1 429 this console has used its network allowance, 1 MB\r\n/,
  );
  await until('the lines', () => lines.length === 3);
  expect(lines.map(({ outcome }) => outcome)).toEqual(['allowance', 'allowance', 'allowance']);
  expect(upstream.sockets).toHaveLength(2);
});
