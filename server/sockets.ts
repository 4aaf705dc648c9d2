/** The upgraded sockets: how many there are, what comes on them, and when they are hung up on. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection } from 'sockjs';
import { Problem } from './errors.ts';
import { FrameGuard } from './frame-guard.ts';

/**
 * How long an upgraded socket may be without a SockJS connection, before and after it, in ms. The library itself would
 * wait 30 s for the other side's goodbye, and go on reading.
 */
const LOOSE_MS = 1_000;

/** Every socket that was handed to SockJS and is still open. */
export class Sockets {
  readonly #most: number;
  /** By the client's address and port, which is all that SockJS passes on. */
  readonly #open = new Map<string, { socket: Duplex; timer: NodeJS.Timeout }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a socket, with what came behind its request. @returns why it may not stay, if so */
  take({ socket: { remoteAddress, remotePort } }: IncomingMessage, socket: Duplex, head: Buffer) {
    if (this.#open.size >= this.#most) {
      return new Problem(503, 'full', 'Too many connections are open.');
    }
    const key = keyOf(remoteAddress, remotePort);
    const guard = new FrameGuard();
    const check = (chunk: Buffer) => {
      if (!guard.accepts(chunk)) socket.destroy();
    };
    check(head);
    socket.on('data', check);
    this.#open.set(key, { socket, timer: hangUpLater(socket) });
    socket.once('close', () => {
      clearTimeout(this.#open.get(key)?.timer);
      this.#open.delete(key);
    });
    return undefined;
  }

  /** A connection has come of a socket: it stays open for as long as that. XHR has no socket here. */
  adopt(connection: Connection): void {
    const open = this.#open.get(keyOf(connection.remoteAddress, connection.remotePort));
    if (!open) return;
    clearTimeout(open.timer);
    connection.once('close', () => (open.timer = hangUpLater(open.socket)));
  }
}

function hangUpLater(socket: Duplex): NodeJS.Timeout {
  return setTimeout(() => socket.destroy(), LOOSE_MS);
}

function keyOf(address: string | undefined, port: number | undefined): string {
  return `${address} ${port}`;
}
