/** What raw WebSockets may do before and after a connection is made of them. */
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { SOCKET_PATH } from './protocol.ts';
import { startTestServer } from './testing/test-server.ts';
import { until } from './testing/until.ts';

/** A frame without payload, masked as a client's must be: opcode 0 goes on, 1 is text, 8 closes. */
function emptyFrame(opcode: number, isLast: boolean): Buffer {
  return Buffer.from([opcode | (isLast ? 0x80 : 0), 0x80, 1, 2, 3, 4]);
}

/** Asks for a WebSocket, and sends bytes in the very same packet. */
async function upgrade(
  consoleUrl: string,
  id: string,
  bytes: Buffer = Buffer.alloc(0),
): Promise<Socket> {
  const { hostname, port, host } = new URL(consoleUrl);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  const head = [
    `GET ${SOCKET_PATH}/000/${id}/websocket HTTP/1.1`,
    `Host: ${host}`,
    `Origin: ${consoleUrl}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]));
  await new Promise((resolve) => socket.once('data', resolve));
  return socket;
}

/** Resolves when the server has hung up, whoever had the last word. */
function hungUp(socket: Socket): Promise<unknown> {
  let isClosed = socket.destroyed;
  socket.on('close', () => (isClosed = true));
  socket.resume();
  return until('the end of the socket', () => isClosed);
}

test.each([
  ['closes', emptyFrame(8, true)],
  ['breaks the protocol', Buffer.from([0x81, 0x01, 0x78])],
  ['sends a bad message', emptyFrame(0, true)],
])('a client that %s in the packet that opens the socket harms nobody', async (_what, bytes) => {
  const { consoleUrl } = await startTestServer();
  await hungUp(await upgrade(consoleUrl, 'abcdefgh', bytes));
  expect((await fetch(`${consoleUrl}${SOCKET_PATH}/info`)).status).toBe(200);
});

test('a message in endless fragments ends the socket', async () => {
  const { consoleUrl } = await startTestServer();
  const socket = await upgrade(consoleUrl, 'abcdefgh', emptyFrame(1, false));
  socket.write(Buffer.concat(Array.from({ length: 1000 }, () => emptyFrame(0, false))));
  await hungUp(socket);
});

test('a refused client that does not say goodbye is hung up on', async () => {
  const { consoleUrl } = await startTestServer({ AUTH_TIMEOUT_MS: '100' });
  await hungUp(await upgrade(consoleUrl, 'abcdefgh'));
});

test('open sockets are bounded', async () => {
  const { consoleUrl } = await startTestServer({
    MAX_PENDING: '1',
    MAX_SESSIONS: '1',
  });
  for (const id of ['aaaaaaaa', 'bbbbbbbb', 'cccccccc']) await upgrade(consoleUrl, id);
  const answer = await fetch(`${consoleUrl}${SOCKET_PATH}/info`);
  expect(answer.status).toBe(200);
  const { hostname, port } = new URL(consoleUrl);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(
    `GET ${SOCKET_PATH}/000/dddddddd/websocket HTTP/1.1\r\nHost: x\r\nOrigin: ${consoleUrl}\r\n` +
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const first = await new Promise((resolve) => socket.once('data', resolve));
  expect(String(first)).toMatch(/^HTTP\/1\.1 503 /);
});
