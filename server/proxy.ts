/**
 * The way out of one session's sandbox: an HTTP proxy that speaks on the sandbox's streams and listens
 * nowhere. Which hosts it lets through is the daemon's word, and only their names are resolved.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Dialer } from './dial.ts';
import type { Log } from './log.ts';
import { forward, MAX_HEAD_BYTES, tunnel } from './proxy-carry.ts';
import { Exchange } from './proxy-exchange.ts';
import { Pace } from './proxy-pace.ts';
import { checkTarget, connectTarget, Refusal, requestTarget } from './proxy-target.ts';
import type { Target } from './proxy-target.ts';
import type { SandboxStream } from './sandbox-stream.ts';

/** How many connections of one session have a line in the log: a loop shall not fill the disk. */
const LOGGED = 1_000;

export interface ProxyOptions {
  /** The hosts that may be reached, in lower case. */
  hosts: readonly string[];
  /** What all connections may carry together, both ways, in MB of 1,048,576 bytes. */
  allowanceMb: number;
  dialer: Dialer;
  /** The session's log. */
  log: Log;
}

/** One session's proxy. It ends with the streams. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  /** By their streams. */
  readonly #exchanges = new Map<object, Exchange>();
  readonly #pace = new Pace();
  #carried = 0;
  #connections = 0;

  constructor(options: ProxyOptions) {
    this.#options = options;
    // It never listens, and its own clocks only run where it does: an Exchange has them.
    // The URL alone says which host is meant.
    const server = createServer({ maxHeaderSize: MAX_HEAD_BYTES, requireHostHeader: false });
    // A program that has said all it wants to say still gets its answer. The types do not know it.
    this.#server = Object.assign(server, { httpAllowHalfOpen: true });
    const serve = (request: IncomingMessage, response: ServerResponse) =>
      void this.#request(request, response);
    this.#server.on('request', serve);
    // Node would answer by itself what it does not expect.
    this.#server.on('checkExpectation', serve);
    this.#server.on(
      'connect',
      (request, stream, head) => void this.#connect(request, stream, head),
    );
    this.#server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
      this.#failed(stream, error.code ?? '');
    });
  }

  /** Serves one connection of a program's. */
  serve(stream: SandboxStream): void {
    const exchange = new Exchange(stream);
    this.#exchanges.set(stream, exchange);
    stream.onBytes = (bytes) => {
      exchange.moved(bytes);
      this.#carried += bytes;
      if (this.#isSpent) this.#endAll();
    };
    stream.once('close', () => {
      this.#exchanges.delete(stream);
      this.#pace.leave(stream);
      this.#write(exchange);
    });
    this.#pace.add(stream, () => this.#server.emit('connection', stream));
  }

  get #isSpent(): boolean {
    return this.#carried > this.#options.allowanceMb << 20;
  }

  /** Those that are connected; the others are still to be told why they are not. */
  #endAll(): void {
    for (const exchange of this.#exchanges.values()) {
      if (exchange.isConnected) exchange.breakOff('allowance');
    }
  }

  async #connect(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const exchange = this.#begin(stream);
    if (!exchange) return;
    try {
      const target = connectTarget(urlOf(request));
      const upstream = await this.#reach(exchange, target);
      tunnel(stream, upstream, head);
    } catch (error) {
      this.#refuse(exchange, error);
    }
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = this.#begin(request.socket);
    if (!exchange) return;
    try {
      // Any other change of protocol is an offer, which this proxy does not take up.
      if (/\bwebsocket\b/i.test(request.headers.upgrade ?? '')) {
        throw new Refusal('method', 'this proxy carries no WebSocket but through CONNECT');
      }
      const target = requestTarget(urlOf(request));
      const upstream = await this.#reach(exchange, target);
      await forward(request, response, target, upstream);
    } catch (error) {
      if (response.headersSent) exchange.breakOff('broken');
      else this.#refuse(exchange, error, response);
    }
  }

  /** The exchange of a stream whose request has come. What comes behind that one ends it. */
  #begin(stream: Duplex): Exchange | undefined {
    const exchange = this.#exchanges.get(stream);
    if (exchange && !exchange.isTaken) {
      exchange.take();
      return exchange;
    }
    exchange?.breakOff('malformed');
    return undefined;
  }

  /** Decides, and connects. @throws Refusal */
  async #reach(exchange: Exchange, target: Target): Promise<Socket> {
    const { hosts, allowanceMb, dialer } = this.#options;
    exchange.target = target;
    checkTarget(target, hosts);
    if (this.#isSpent) {
      const sentence = `this console has used its network allowance, ${allowanceMb} MB`;
      throw new Refusal('allowance', sentence);
    }
    const upstream = await dialer.dial(target, exchange.signal);
    exchange.use(upstream);
    return upstream;
  }

  /** A connection has failed: its program by what it said, where the parser says so, or else either side. */
  #failed(stream: Duplex, code: string): void {
    if (code.startsWith('HPE_')) {
      const sentence = 'that is no request to an HTTP proxy';
      this.#begin(stream)?.refuse(new Refusal('malformed', sentence));
    } else {
      this.#exchanges.get(stream)?.breakOff('broken');
    }
  }

  #refuse(exchange: Exchange, error: unknown, response?: ServerResponse): void {
    if (error instanceof Refusal) {
      exchange.refuse(error, response);
      return;
    }
    this.#options.log.error({ err: error }, 'proxy failed');
    exchange.breakOff('broken');
  }

  #write(exchange: Exchange): void {
    this.#connections += 1;
    if (this.#connections > LOGGED) return;
    const isLast = this.#connections === LOGGED;
    this.#options.log.info({ ...exchange.record(), ...(isLast && { isLast }) }, 'proxy connection');
  }
}

/** What a request names. @throws Refusal */
function urlOf({ httpVersionMajor, url = '' }: IncomingMessage): string {
  if (httpVersionMajor === 1) return url;
  throw new Refusal('malformed', 'this proxy speaks HTTP/1.1');
}
