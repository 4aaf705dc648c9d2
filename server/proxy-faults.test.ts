import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { connectTo, get, HOST, PUBLIC, visit } from './testing/proxy-visitor.ts';
import { answering, startUpstream } from './testing/upstream.ts';
import { until } from './testing/until.ts';

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
  const { open } = visit(upstream);
  const program = open();
  await program.write(get(`http://${HOST}/`));
  await until('the close', () => program.isClosed);
  expect(program.text).toMatch(/half$/);
  expect(program.hasEnd).toBe(false);
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
