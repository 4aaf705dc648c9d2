import { expect, test } from 'vitest';
import { connectTo, get, HOST, PUBLIC, visit } from './testing/proxy-visitor.ts';
import { answering, startUpstream } from './testing/upstream.ts';
import { until } from './testing/until.ts';

const HELLO = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

test('a page of a listed host comes through, and the host is told its own name', async () => {
  const upstream = await startUpstream(answering(HELLO));
  const { ask, connected, lookups } = visit(upstream);
  const answer = await ask(get(`http://${HOST}/page?q=1`, 'Proxy-Connection: keep-alive'));
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(answer).toMatch(/\r\n\r\nhello$/);
  expect(upstream.received[0]).toBe(
    `GET /page?q=1 HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`,
  );
  expect(connected).toEqual([`${PUBLIC}:80`]);
  expect(lookups).toEqual([HOST]);
});

test('headers for the proxy and for one hop alone go no further, either way', async () => {
  const upstream = await startUpstream(
    answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=5\r\nConnection: X-Secret\r\nX-Secret: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n',
    ),
  );
  const { ask } = visit(upstream);
  const sent = [
    'Proxy-Authorization: Basic x',
    'Connection: X-Hop, Keep-Alive, Content-Length',
    'X-Hop: 1',
    'TE: trailers',
    'X-Kept: 1',
  ];
  const answer = await ask(get(`http://${HOST}`, ...sent));
  expect(upstream.received[0]).toBe(
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Kept: 1\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).not.toMatch(/keep-alive|x-secret/i);
  expect(answer.match(/Set-Cookie: [ab]/g)).toHaveLength(2);
});

test.each([
  ['a length', 'Content-Length: 5\r\n\r\nhello', /content-length: 5\r\n[^]*\r\n\r\nhello$/i],
  [
    'chunks',
    'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    /transfer-encoding: chunked\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/i,
  ],
])('a body with %s arrives framed the same way', async (_what, rest, expected) => {
  const upstream = await startUpstream(answering(HELLO));
  const { ask } = visit(upstream);
  for (const method of ['POST', 'GET']) {
    await ask(`${method} http://${HOST}/ HTTP/1.1\r\nHost: x\r\n${rest}`);
    await until('the body', () => expected.test(upstream.received.at(-1) ?? ''));
  }
});

test.each(['', 'Host: other.example\r\n', 'Expect: much\r\n', 'Expect: 100-continue\r\n'])(
  'the URL decides, whatever else the head says: "%s"',
  async (header) => {
    const upstream = await startUpstream(answering(HELLO));
    const { ask, lines } = visit(upstream);
    const request = (host: string) => `GET http://${host}/ HTTP/1.1\r\n${header}\r\n`;
    expect(await ask(request(HOST))).toMatch(/HTTP\/1.1 200 OK\r\n/);
    expect(upstream.received[0]).toBe(
      `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`,
    );
    expect(await ask(request('other.example'))).toMatch(/HTTP\/1.1 403 other.example is not among/);
    await until('the lines', () => lines.length === 2);
    expect(lines).toMatchObject([{ outcome: 'done' }, { outcome: 'host', host: 'other.example' }]);
  },
);

test('no Connection header takes away where a body ends', async () => {
  const upstream = await startUpstream(answering(HELLO));
  const { ask } = visit(upstream);
  const rest = 'Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello';
  await ask(`GET http://${HOST}/ HTTP/1.1\r\nHost: x\r\n${rest}`);
  await until('the body', () => upstream.received[0]?.endsWith('\r\n\r\nhello'));
  expect(upstream.received[0]).toContain('\r\nContent-Length: 5\r\n');
});

test('an answer without a length, and one to HEAD, come as they are', async () => {
  const upstream = await startUpstream(answering('HTTP/1.0 404 Gone Away\r\n\r\nnothing here'));
  const { ask } = visit(upstream);
  expect(await ask(get(`http://${HOST}/`))).toMatch(/^HTTP\/1.1 404 Gone Away\r\n[^]*nothing here/);
  const head = await ask(`HEAD http://${HOST}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(head).toMatch(/^HTTP\/1.1 404 Gone Away\r\n[^]*\r\n\r\n$/);
});

test('a program that has said all it wants to say still gets its answer', async () => {
  const upstream = await startUpstream((socket) => {
    socket.on('data', () => setTimeout(() => socket.end(HELLO), 50));
  });
  const { open } = visit(upstream);
  const program = open();
  await program.write(get(`http://${HOST}/`));
  program.end();
  await until('the end', () => program.hasEnd);
  expect(program.text).toMatch(/\r\n\r\nhello$/);
});

test('a program of HTTP/1.0 gets no chunks, whatever it says it takes', async () => {
  const chunks = 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
  const upstream = await startUpstream(answering(`HTTP/1.1 200 OK\r\n${chunks}`));
  const { ask } = visit(upstream);
  for (const header of ['', 'TE: chunked\r\n']) {
    const answer = await ask(`GET http://${HOST}/ HTTP/1.0\r\n${header}\r\n`);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer).toMatch(/\r\n\r\nhello$/);
  }
});

test('an offer to change the protocol is not taken up, and the request goes on', async () => {
  const upstream = await startUpstream(answering(HELLO));
  const { ask } = visit(upstream);
  const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA'];
  expect(await ask(get(`http://${HOST}/`, ...offer))).toMatch(/\r\n\r\nhello$/);
  expect(upstream.received[0]).toBe(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
});

test('a program that is refused may go on sending until it has read why', async () => {
  const { open } = visit();
  const program = open();
  const body = `POST http://other.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n`;
  await program.write(body);
  await until('the refusal', () => program.hasEnd);
  await program.write(Buffer.alloc(300_000));
  expect(program.isClosed).toBe(false);
  expect(await program.answer()).toMatch(/^HTTP\/1.1 403 /);
  await until('the close', () => program.isClosed);
});

test('a loop of connections leaves a thousand lines in the log and no more', async () => {
  const { open, lines } = visit();
  for (let i = 0; i < 1_100; i++) open().close();
  await until('the last line', () => lines.at(-1)?.['isLast']);
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines).toHaveLength(1_000);
});

test('the log has who was reached and how much, and nothing of what was said', async () => {
  const upstream = await startUpstream(answering(HELLO));
  const { ask, lines } = visit(upstream);
  const request = get(`http://${HOST}/secret-path?secret=query`, 'X-Secret: header');
  const answer = await ask(request);
  await until('the line', () => lines.length > 0);
  expect(lines).toEqual([
    {
      level: 30,
      host: HOST,
      port: 80,
      outcome: 'done',
      sentBytes: request.length,
      receivedBytes: answer.length,
      ms: expect.any(Number) as number,
      msg: 'proxy connection',
    },
  ]);
});

test('a loop of connections that are broken off delays nobody', async () => {
  const { open, ask, lines } = visit();
  for (let i = 0; i < 3_000; i++) open().close();
  await until('the lines', () => lines.length === 1_000);
  expect(await ask(connectTo('other.example:443'))).toMatch(/^HTTP\/1.1 403 /);
});

test('connections past a burst are served one after the other', async () => {
  const { open, lines } = visit({ limit: 1_000 });
  const startedAt = performance.now();
  const programs = Array.from({ length: 70 }, open);
  await Promise.all(
    programs.map(async (program) => {
      await program.write(connectTo('other.example:443'));
      expect(await program.answer()).toMatch(/^HTTP\/1.1 403 /);
    }),
  );
  // Six of them are past the burst, at 50 ms each.
  expect(performance.now() - startedAt).toBeGreaterThan(250);
  await until('their lines', () => lines.length === 70);
});
