import { expect, test } from 'vitest';
import { SOCKET_PATH } from './protocol.ts';
import { sendRaw } from './testing/raw-http.ts';
import { openSocket, TRANSPORTS } from './testing/socket-client.ts';
import { startTestServer } from './testing/test-server.ts';
import { until } from './testing/until.ts';

const SESSION = `${SOCKET_PATH}/000/abcdefgh`;

const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

test.each([
  ['GET', SOCKET_PATH],
  ['GET', `${SOCKET_PATH}/`],
  ['GET', `${SOCKET_PATH}/iframe.html`],
  ['GET', `${SOCKET_PATH}/iframe-1.0.html`],
  ['GET', `${SOCKET_PATH}/websocket`],
  ['OPTIONS', `${SOCKET_PATH}/info`],
  ['POST', `${SOCKET_PATH}/info`],
  ['POST', `${SOCKET_PATH}/chunking_test`],
  ['GET', `${SESSION}/htmlfile?c=x`],
  ['GET', `${SESSION}/jsonp?c=x`],
  ['POST', `${SESSION}/jsonp_send`],
  ['GET', `${SESSION}/eventsource`],
  ['GET', `${SESSION}/websocket`],
  ['GET', `${SESSION}/xhr`],
  ['OPTIONS', `${SESSION}/xhr_send`],
  ['POST', `${SOCKET_PATH}/000/short/xhr`],
  ['POST', `${SOCKET_PATH}/000/${'x'.repeat(65)}/xhr`],
  ['POST', `${SOCKET_PATH}/abc/abcdefgh/xhr`],
  ['POST', `${SESSION}/xhr/`],
  ['POST', `${SOCKET_PATH}/000/abc%64efgh/xhr`],
])('%s %s is not served', async (method, path) => {
  const { consoleUrl } = await startTestServer();
  const answer = await sendRaw(consoleUrl, [`${method} ${path} HTTP/1.1`, 'Content-Length: 0']);
  expect(answer.status).toBe(404);
});

test('SockJS tells what it offers, without cookies and without CORS', async () => {
  const { consoleUrl } = await startTestServer();
  const response = await fetch(`${consoleUrl}${SOCKET_PATH}/info`);
  expect(await response.json()).toMatchObject({ websocket: true, cookie_needed: false });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(response.headers.get('set-cookie')).toBeNull();
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test.each(['https://evil.example', 'null', 'http://127.0.0.1'])(
  'a page of %s cannot connect by any transport',
  async (origin) => {
    const { consoleUrl } = await startTestServer();
    const from = `Origin: ${origin}`;
    const requests = [
      [`GET ${SOCKET_PATH}/info HTTP/1.1`, from],
      [`POST ${SESSION}/xhr HTTP/1.1`, from, 'Content-Length: 0'],
      [`POST ${SESSION}/xhr_send HTTP/1.1`, from, 'Content-Length: 2'],
      [`GET ${SESSION}/websocket HTTP/1.1`, from, ...UPGRADE, 'Sec-WebSocket-Version: 13'],
    ];
    for (const lines of requests) expect((await sendRaw(consoleUrl, lines)).status).toBe(403);
  },
);

test('a WebSocket that does not say where it comes from is refused', async () => {
  const { consoleUrl } = await startTestServer();
  const lines = [`GET ${SESSION}/websocket HTTP/1.1`, ...UPGRADE, 'Sec-WebSocket-Version: 13'];
  expect((await sendRaw(consoleUrl, lines)).status).toBe(403);
  const ours = await sendRaw(consoleUrl, [...lines, `Origin: ${consoleUrl}`]);
  expect(ours.status).toBe(101);
});

test('a WebSocket of an old draft is refused', async () => {
  const { consoleUrl } = await startTestServer();
  const lines = [`GET ${SESSION}/websocket HTTP/1.1`, ...UPGRADE, `Origin: ${consoleUrl}`];
  expect((await sendRaw(consoleUrl, [...lines, 'Sec-WebSocket-Version: 8'])).status).toBe(400);
});

test('no other path can be upgraded', async () => {
  const { consoleUrl } = await startTestServer();
  const lines = [...UPGRADE, 'Sec-WebSocket-Version: 13', `Origin: ${consoleUrl}`];
  for (const path of ['/', '/v1/health', `${SOCKET_PATH}/websocket`, `${SESSION}/xhr`]) {
    expect((await sendRaw(consoleUrl, [`GET ${path} HTTP/1.1`, ...lines])).status).toBe(404);
  }
});

test('a body over 64 KiB is refused before it is read', async () => {
  const { consoleUrl } = await startTestServer();
  // Nothing of the body is ever sent: an answer means that nobody waited for it.
  const lines = [`POST ${SESSION}/xhr_send HTTP/1.1`, 'Content-Length: 65537'];
  const answer = await sendRaw(consoleUrl, lines);
  expect(answer.status).toBe(413);
  expect(answer.text).toMatch(/^Connection: close$/im);
});

test('a body of 64 KiB is let through to the session', async () => {
  const { consoleUrl } = await startTestServer();
  const body = `["${'x'.repeat(65_532)}"]`;
  const lines = [`POST ${SESSION}/xhr_send HTTP/1.1`, 'Content-Length: 65536'];
  const answer = await sendRaw(consoleUrl, [...lines, 'Content-Type: text/plain'], body);
  expect(answer.status).toBe(404); // SockJS: no such session
  expect(answer.text).not.toContain('problem');
});

test('a body of unknown length is refused', async () => {
  const { consoleUrl } = await startTestServer();
  for (const transport of ['xhr_send', 'xhr', 'xhr_streaming']) {
    const lines = [`POST ${SESSION}/${transport} HTTP/1.1`, 'Transfer-Encoding: chunked'];
    expect((await sendRaw(consoleUrl, lines)).status).toBe(411);
  }
  const silent = await sendRaw(consoleUrl, [`POST ${SESSION}/xhr_send HTTP/1.1`]);
  expect(silent.status).toBe(411);
});

test('a poll needs no body, and a large one is refused', async () => {
  const { consoleUrl } = await startTestServer();
  const lines = [`POST ${SESSION}/xhr HTTP/1.1`, 'Content-Length: 1025'];
  expect((await sendRaw(consoleUrl, lines)).status).toBe(413);
});

test.each(TRANSPORTS)(
  'over %s a batch of nonsense ends the connection, not the server',
  async (transport) => {
    const { consoleUrl } = await startTestServer();
    for (const batch of [
      [null, 1, {}, []],
      ['', ''],
      ['x', 'y', 'z'],
      [{ length: 1 }, 'x'],
    ]) {
      const client = await openSocket(consoleUrl, transport);
      client.sendBatch(batch);
      expect(await client.ended()).toEqual({ reason: 'protocol' });
      await until('the connection to close', () => client.isClosed);
    }
    expect((await openSocket(consoleUrl, transport)).isClosed).toBe(false);
  },
);
