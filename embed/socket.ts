/** The frame's connection to the console server: SockJS below, the wire contract above. */
import SockJS from 'sockjs-client';
import { decodeServer, encodeClient } from '../server/protocol-codec.ts';
import type { ClientMessage, End, Notice, Size } from '../server/protocol.ts';
import { InputQueue } from './input-queue.ts';
import { OutputAcks } from './output-acks.ts';

/** Best first. SockJS goes on to the next where a proxy or a network does not let one through. */
const TRANSPORTS = ['websocket', 'xhr-streaming', 'xhr-polling'];

/** Over XHR the session's id is all that proves whose session it is: 32 characters of 32 kinds, 160 bits. */
const SESSION_ID_CHARS = 32;

/** How long one transport may take to connect, in ms. SockJS itself would give up after 0.6 s. */
const TRANSPORT_TIMEOUT_MS = 4000;

/** Dragging an edge makes dozens of sizes a second; the last within this many ms is sent. */
const RESIZE_DELAY_MS = 50;

/** What the connection reports, in this order; `end` comes once and last. */
export interface SocketEvents {
  ready(): void;
  running(): void;
  /** Each call is to be answered by one `drawn`. */
  output(data: string): void;
  /** A limit was met; it goes on. */
  notice(notice: Notice): void;
  end(end: End): void;
}

/** A connection that was begun. After its end every call is without effect. */
export interface ConsoleSocket {
  /** Sends input, or keeps it until the process runs. False where it was too much, and dropped. */
  input(data: string): boolean;
  resize(size: Size): void;
  /** A piece of output of so many UTF-16 units is on the screen. */
  drawn(units: number): void;
}

/**
 * Connects and authenticates.
 * @param url the SockJS endpoint
 * @param token the single-use proof; kept in memory alone, and only until it is sent
 */
export function openSocket(
  url: string,
  token: string,
  size: Size,
  on: SocketEvents,
): ConsoleSocket {
  const wire = new SockJS(url, null, {
    transports: TRANSPORTS,
    timeout: TRANSPORT_TIMEOUT_MS,
    sessionId: SESSION_ID_CHARS,
  });
  const send = (message: ClientMessage) => wire.send(encodeClient(message));
  const queue = new InputQueue((data) => send({ kind: 'input', data }));
  const acks = new OutputAcks((messages) => send({ kind: 'ack', messages }));
  let phase: 'connecting' | 'open' | 'ended' = 'connecting';
  let wanted = size;
  let resizeTimer: ReturnType<typeof setTimeout> | undefined;

  wire.onopen = () => send({ kind: 'auth', token, size });
  wire.onclose = () => finish({ reason: 'lost' });
  wire.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = decodeServer(data);
    if (phase === 'ended' || !message) return;
    switch (message.kind) {
      case 'ready':
        phase = 'open';
        if (wanted !== size) send({ kind: 'resize', size: wanted });
        on.ready();
        break;
      case 'running':
        queue.open();
        on.running();
        break;
      case 'output':
        on.output(message.data);
        break;
      case 'ack':
        queue.acknowledge(message.messages);
        break;
      case 'notice':
        on.notice(message);
        break;
      case 'end':
        finish(message.end);
        break;
    }
  };

  function finish(end: End): void {
    if (phase === 'ended') return;
    phase = 'ended';
    clearTimeout(resizeTimer);
    acks.stop();
    wire.close();
    on.end(end);
  }

  return {
    input: (data) => phase === 'ended' || queue.push(data),
    resize(latest) {
      wanted = latest;
      clearTimeout(resizeTimer);
      if (phase !== 'open') return;
      resizeTimer = setTimeout(() => send({ kind: 'resize', size: latest }), RESIZE_DELAY_MS);
    },
    drawn(units) {
      if (phase !== 'ended') acks.drawn(units);
    },
  };
}
