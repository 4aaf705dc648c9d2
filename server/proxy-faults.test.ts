import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { connectTo, get, HOST, PUBLIC, tunnel, visit } from './testing/proxy-visitor.ts';
import { answering, startUpstream } from './testing/upstream.ts';
import { until } from './testing/until.ts';

/** A request that is refused at its head. */
const ENDLESS = 'POST http://other.example/ HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n';

test.each([
  ['a name server that is silent', { lookup: () => new Promise<string[]>(() => undefined) }],
  ['a host that is silent', { connect: silent, lookup: threeAddresses }],
])('%s is waited for 10 s', async (_what, seams) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { open, lines } = visit(seams);
    const program = open();
    void program.write(connectTo(`${HOST}:443`));
    await vi.advanceTimersByTimeAsync(9_999);
    expect(program.text).toBe('');
    await vi.advanceTimersByTimeAsync(1);
    expect(program.text).toMatch(/^HTTP\/1.1 504 /);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(lines).toMatchObject([{ host: HOST, outcome: 'late' }]);
  } finally {
    vi.useRealTimers();
  }
});

test('a program that says nothing is cut off after 15 s, however slowly it says it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { open, lines } = visit();
    const [mute, slow] = [open(), open()];
    for (const letter of 'CONNECT public') {
      slow.send(Buffer.from(letter));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect([mute.isClosed, slow.isClosed]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1_001);
    expect([mute.isClosed, slow.isClosed]).toEqual([true, true]);
    expect(lines.map(({ outcome }) => outcome)).toEqual(['late', 'late']);
  } finally {
    vi.useRealTimers();
  }
});

test('an answer that is none is a bad gateway', async () => {
  const upstream = await startUpstream(answering('SSH-2.0-OpenSSH\r\n'));
  const { ask } = visit(upstream);
  expect(await ask(get(`http://${HOST}/`))).toMatch(
    /^HTTP\/1.1 502 public.example gave no answer that could be understood\r\n/,
  );
});

test.each([
  ['breaks off', (socket: Socket) => socket.on('data', () => socket.resetAndDestroy())],
  ['ends at once', (socket: Socket) => socket.end()],
  [
    'changes the protocol',
    answering('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
  ],
  ['changes to no protocol', answering('HTTP/1.1 101 Switching\r\n\r\nHTTP/1.1 200 OK\r\n\r\n')],
  ['has a status of its own', answering('HTTP/1.1 099 Hm\r\nContent-Length: 0\r\n\r\n')],
  ['says that it will answer and ends', answering('HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n')],
])('a host that %s instead of answering is a bad gateway', async (_what, serve) => {
  const upstream = await startUpstream(serve);
  const { ask } = visit(upstream);
  expect(await ask(get(`http://${HOST}/`))).toMatch(/^HTTP\/1.1 502 public.example gave no answer/);
});

test('an answer with an endless head is a bad gateway', async () => {
  const upstream = await startUpstream((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`);
  });
  const { ask } = visit(upstream);
  expect(await ask(get(`http://${HOST}/`))).toMatch(/^HTTP\/1.1 502 /);
});

test('an answer that breaks off in the middle is not taken for whole', async () => {
  const upstream = await startUpstream((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    socket.on('data', () => setTimeout(() => socket.destroy(), 50));
  });
  const { open, lines } = visit(upstream);
  const program = open();
  await program.write(get(`http://${HOST}/`));
  await until('the close', () => program.isClosed);
  expect(program.text).toMatch(/half$/);
  expect(program.hasEnd).toBe(false);
  expect(lines).toMatchObject([{ outcome: 'broken' }]);
});

test('a refused program that sends on is read for a megabyte, and told of no more', async () => {
  const { open, lines } = visit({ allowanceMb: 10 });
  const program = open();
  await program.write(ENDLESS);
  await until('the refusal', () => program.hasEnd);
  await until('the close', async () => {
    await program.write(Buffer.alloc(16_384));
    return program.isClosed;
  });
  expect(program.text).toMatch(/^HTTP\/1.1 403 /);
  await until('the line', () => lines.length > 0);
  expect(lines).toMatchObject([{ outcome: 'host' }]);
  expect(lines[0]?.['sentBytes']).toBeGreaterThan(1 << 20);
  expect(lines[0]?.['sentBytes']).toBeLessThan((1 << 20) + 65_536);
});

test('a refused program that goes on slowly is read for 5 s', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { open, lines } = visit();
    const program = open();
    program.send(Buffer.from(ENDLESS));
    await vi.advanceTimersByTimeAsync(0);
    expect(program.text).toMatch(/^HTTP\/1.1 403 /);
    for (let i = 0; i < 4; i++) {
      await vi.advanceTimersByTimeAsync(1_000);
      program.send(Buffer.from('x'));
    }
    expect(program.isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(program.isClosed).toBe(true);
    expect(lines).toMatchObject([{ outcome: 'host' }]);
  } finally {
    vi.useRealTimers();
  }
});

test('what refused programs send counts in the allowance', async () => {
  const { open, ask } = visit({ allowanceMb: 1 });
  for (let i = 0; i < 2; i++) {
    const program = open();
    await program.write(ENDLESS + 'x'.repeat(600_000));
    program.close();
  }
  expect(await ask(connectTo(`${HOST}:443`))).toMatch(/^HTTP\/1.1 429 /);
});

test('a tunnel in which nothing moves for two minutes is ended, and one that is used is not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
  try {
    const upstream = await startUpstream(() => undefined);
    const { open, lines } = visit(upstream);
    const program = await tunnel(open);
    vi.advanceTimersByTime(100_000);
    program.send(Buffer.from('x'));
    await until('the byte', () => upstream.received[0] === 'x');
    vi.advanceTimersByTime(100_000);
    upstream.sockets[0]?.write('y');
    await until('the answer', () => program.text === 'y');
    vi.advanceTimersByTime(100_000);
    expect(program.isClosed).toBe(false);
    vi.advanceTimersByTime(20_000);
    expect(program.isClosed).toBe(true);
    await until('the line', () => lines.length > 0);
    expect(lines).toMatchObject([{ outcome: 'late' }]);
  } finally {
    vi.useRealTimers();
  }
});

function threeAddresses(): Promise<string[]> {
  return Promise.resolve([PUBLIC, '93.184.215.15', '93.184.215.16']);
}

/** A connection attempt that nobody answers, until it is given up. */
function silent(_address: string, _port: number, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('given up')));
  });
}
