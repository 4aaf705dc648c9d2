/**
 * The browser's end of the socket, from Node, over each transport. WebSocket is the real
 * sockjs-client; XHR is written with fetch, because sockjs-client under Node sends bodies without the
 * Content-Length that every browser sends.
 */
import { randomUUID } from 'node:crypto';
import SockJS from 'sockjs-client';
import { onTestFinished } from 'vitest';
import { decodeServer, encodeClient } from '../protocol-codec.ts';
import {
  SOCKET_PATH,
  type ClientMessage,
  type End,
  type ServerMessage,
  type Size,
} from '../protocol.ts';
import { until } from './until.ts';

export const TRANSPORTS = ['websocket', 'xhr_streaming', 'xhr'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A connection that keeps all it was told. */
export interface SocketClient {
  readonly messages: ServerMessage[];
  readonly isClosed: boolean;
  send(message: ClientMessage): void;
  /** Sends something that need not be a message. */
  sendRaw(raw: string): void;
  /** Sends several things in one frame of SockJS. */
  sendBatch(batch: unknown[]): void;
  /** Breaks the connection off. */
  close(): void;
  /** All the output so far. */
  readonly output: string;
  /** Acknowledges all output that was not yet. */
  ackAll(): void;
  has(kind: ServerMessage['kind']): Promise<true>;
  /** Waits for the reason of the end. */
  ended(): Promise<End>;
}

/** Opens a connection; it is closed after the running test. */
export async function openSocket(url: string, transport: Transport): Promise<SocketClient> {
  const messages: ServerMessage[] = [];
  const state = { isOpen: false, isClosed: false };
  let acked = 0;
  const events = {
    open: () => (state.isOpen = true),
    message: (raw: string) => {
      const message = decodeServer(raw);
      if (message) messages.push(message);
    },
    close: () => (state.isClosed = true),
  };
  const link =
    transport === 'websocket' ? openWebSocket(url, events) : openXhr(url, transport, events);
  onTestFinished(() => link.close());
  const outputs = () => messages.flatMap((m) => (m.kind === 'output' ? [m.data] : []));
  const client: SocketClient = {
    messages,
    get isClosed() {
      return state.isClosed;
    },
    get output() {
      return outputs().join('');
    },
    send: (message) => link.send([encodeClient(message)]),
    sendRaw: (raw) => link.send([raw]),
    sendBatch: (batch) => link.send(batch),
    close: () => link.close(),
    ackAll: () => {
      const count = outputs().length - acked;
      acked += count;
      if (count > 0) client.send({ kind: 'ack', messages: count });
    },
    has: (kind) => until(kind, () => messages.some((m) => m.kind === kind) || undefined),
    ended: () =>
      until('the end', () => messages.flatMap((m) => (m.kind === 'end' ? [m.end] : []))[0]),
  };
  await until('an open socket', () => state.isOpen || state.isClosed);
  return client;
}

/** Opens a connection and authenticates. */
export async function startConsole(
  server: { consoleUrl: string; takeToken(): Promise<string> },
  transport: Transport = 'websocket',
  size: Size = { cols: 80, rows: 24 },
): Promise<SocketClient> {
  const client = await openSocket(server.consoleUrl, transport);
  client.send({ kind: 'auth', token: await server.takeToken(), size });
  return client;
}

interface Link {
  /** Sends messages in one frame of SockJS. */
  send(messages: unknown[]): void;
  close(): void;
}

interface LinkEvents {
  open: () => void;
  message: (raw: string) => void;
  close: () => void;
}

function openWebSocket(url: string, events: LinkEvents): Link {
  // The types do not know this option, without which Node sends no Origin.
  const options = { transportOptions: { websocket: { headers: { Origin: url } } } };
  const socket = new SockJS(url + SOCKET_PATH, undefined, { transports: 'websocket', ...options });
  socket.onopen = () => events.open();
  socket.onmessage = ({ data }) => events.message(String(data));
  socket.onclose = () => events.close();
  return {
    // Its own send() makes a frame of each message and text of all.
    send: (messages) => framesOf(socket).send(JSON.stringify(messages)),
    close: () => socket.close(),
  };
}

/** The WebSocket inside a sockjs-client, which speaks frames of SockJS. */
function framesOf(socket: WebSocket): { send(frame: string): void } {
  const inside = socket as unknown as { _transport: { ws: { send(frame: string): void } } };
  return inside._transport.ws;
}

function openXhr(url: string, transport: 'xhr' | 'xhr_streaming', events: LinkEvents): Link {
  const base = `${url}${SOCKET_PATH}/000/${randomUUID()}`;
  const abort = new AbortController();
  const post = (path: string, body: string) =>
    fetch(`${base}/${path}`, {
      method: 'POST',
      headers: { Origin: url, 'Content-Type': 'text/plain' },
      body,
      signal: abort.signal,
    });
  const readFrame = (frame: string) => {
    if (frame === 'o') events.open();
    if (frame.startsWith('a')) (JSON.parse(frame.slice(1)) as string[]).forEach(events.message);
    if (!frame.startsWith('c')) return;
    abort.abort();
    events.close();
  };
  const receive = async () => {
    while (!abort.signal.aborted) {
      const response = await post(transport, '');
      if (!response.ok || !response.body) return;
      let rest = '';
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const frames = (rest + text).split('\n');
        rest = frames.pop() ?? '';
        frames.forEach(readFrame);
      }
    }
  };
  void receive()
    .catch(() => undefined)
    .then(events.close);
  // One request at a time, or they would overtake each other.
  let queue: Promise<unknown> = Promise.resolve();
  return {
    send: (messages) => {
      queue = queue.then(() => post('xhr_send', JSON.stringify(messages))).catch(() => undefined);
    },
    close: () => abort.abort(),
  };
}
