/** The frame's connection, against a real SockJS server on each kind of transport. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sockjs from 'sockjs';
import type { Connection, ServerOptions } from 'sockjs';
import { afterEach, expect, test, vi } from 'vitest';
import { decodeClient, encodeServer } from '../server/protocol-codec.ts';
import { MAX_MESSAGE_BYTES, SOCKET_PATH } from '../server/protocol.ts';
import type { ClientMessage, End, ServerMessage } from '../server/protocol.ts';
import { openSocket } from './socket.ts';

const SIZE = { cols: 80, rows: 24 };
const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** A console server's end of the wire: real SockJS, and nothing behind it. */
async function fakeServer(options: ServerOptions = {}) {
  const received: ClientMessage[] = [];
  const requestBytes: number[] = [];
  let connection: Connection | undefined;
  let acknowledges = false;
  const send = (message: ServerMessage) => connection?.write(encodeServer(message));
  const http = createServer();
  http.on('request', (request) =>
    requestBytes.push(Number(request.headers['content-length'] ?? 0)),
  );
  const endpoint = sockjs.createServer({ log: () => undefined, ...options });
  endpoint.on('connection', (opened) => {
    connection = opened;
    opened.on('data', (raw) => {
      const message = decodeClient(raw);
      if (message) received.push(message);
      if (acknowledges && message?.kind === 'input') send({ kind: 'ack', messages: 1 });
    });
  });
  endpoint.installHandlers(http, { prefix: SOCKET_PATH });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${SOCKET_PATH}`,
    received,
    requestBytes,
    send,
    sendRaw: (raw: string) => connection?.write(raw),
    acknowledge: () => void (acknowledges = true),
    transport: () => connection?.protocol,
    drop: () => connection?.destroy(),
  };
}

function open(url: string) {
  const ends: End[] = [];
  const output: string[] = [];
  const events = {
    ready: vi.fn(),
    running: vi.fn(),
    output: (data: string) => void output.push(data),
    notice: vi.fn(),
    end: (end: End) => void ends.push(end),
  };
  return { socket: openSocket(url, 'the-proof', SIZE, events), events, ends, output };
}

async function openRunning(options?: ServerOptions) {
  const server = await fakeServer(options);
  const client = open(server.url);
  await vi.waitFor(() => expect(server.received).toHaveLength(1), 5000);
  server.send({ kind: 'ready' });
  server.send({ kind: 'running' });
  await vi.waitFor(() => expect(client.events.running).toHaveBeenCalledOnce(), 5000);
  return { server, ...client };
}

test('the proof is the first message, and nothing follows it until the server is ready', async () => {
  const server = await fakeServer();
  const { socket } = open(server.url);
  socket.input('early');
  socket.resize({ cols: 100, rows: 30 });
  const auth = { kind: 'auth', token: 'the-proof', size: SIZE };
  await vi.waitFor(() => expect(server.received).toEqual([auth]), 5000);
  server.send({ kind: 'ready' });
  const resize = { kind: 'resize', size: { cols: 100, rows: 30 } };
  await vi.waitFor(() => expect(server.received).toEqual([auth, resize]), 5000);
  server.send({ kind: 'running' });
  const input = { kind: 'input', data: 'early' };
  await vi.waitFor(() => expect(server.received).toEqual([auth, resize, input]), 5000);
});

test('without WebSocket the console works over XHR', async () => {
  const { server, socket, output } = await openRunning({ websocket: false });
  expect(server.transport()).toBe('xhr-streaming');
  socket.input('1+1\r');
  await vi.waitFor(() => expect(server.received).toHaveLength(2), 5000);
  server.send({ kind: 'output', data: '2' });
  await vi.waitFor(() => expect(output).toEqual(['2']), 5000);
});

test('over XHR no request of a large paste is more than the server takes', async () => {
  const { server, socket } = await openRunning({ websocket: false });
  server.acknowledge();
  const paste = '漢"\x1b😀'.repeat(20_000);
  socket.input(paste);
  const received = () =>
    server.received.map((message) => (message.kind === 'input' ? message.data : '')).join('');
  await vi.waitFor(() => expect(received()).toBe(paste), 15_000);
  expect(Math.max(...server.requestBytes)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
}, 20_000);

test('of many sizes in a row the last one is sent', async () => {
  const { server, socket } = await openRunning();
  for (let cols = 90; cols <= 120; cols += 1) socket.resize({ cols, rows: 24 });
  const last = { kind: 'resize', size: { cols: 120, rows: 24 } };
  await vi.waitFor(() => expect(server.received.slice(1)).toEqual([last]), 5000);
});

test('drawn output is acknowledged', async () => {
  const { server, socket } = await openRunning();
  socket.drawn(10);
  socket.drawn(10);
  const ack = { kind: 'ack', messages: 2 };
  await vi.waitFor(() => expect(server.received.slice(1)).toEqual([ack]), 5000);
});

test('a limit that was met is reported, and what a newer server says is passed over', async () => {
  const { server, events, ends } = await openRunning();
  server.sendRaw('n{"limit":"of tomorrow"}');
  server.sendRaw('?what is this');
  server.send({ kind: 'notice', limit: 'memory', amount: 256 });
  const notice = { kind: 'notice', limit: 'memory', amount: 256 };
  await vi.waitFor(() => expect(events.notice.mock.calls).toEqual([[notice]]), 5000);
  expect(ends).toEqual([]);
});

test('a connection that breaks is reported as lost, once', async () => {
  const { server, ends } = await openRunning();
  server.drop();
  await vi.waitFor(() => expect(ends).toEqual([{ reason: 'lost' }]), 5000);
});

test('a server that is not there is reported as lost', async () => {
  const { ends } = open(`http://127.0.0.1:1${SOCKET_PATH}`);
  await vi.waitFor(() => expect(ends).toEqual([{ reason: 'lost' }]), 5000);
});

test('what the server says about the end is what counts', async () => {
  const { server, ends, socket } = await openRunning();
  server.send({ kind: 'end', end: { reason: 'exit', exitCode: 3 } });
  server.drop();
  await vi.waitFor(() => expect(ends).toHaveLength(1), 5000);
  expect(socket.input('too late')).toBe(true);
  expect(ends).toEqual([{ reason: 'exit', exitCode: 3 }]);
});
