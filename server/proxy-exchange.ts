/** One stream through the proxy, from its opening to its line in the log, with its clocks. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Refusal, RefusalCode, Target } from './proxy-target.ts';
import type { SandboxStream } from './sandbox-stream.ts';

/** How long a program may take to say what it wants, in ms. */
const HEAD_MS = 15_000;

/** How long nothing may move once it is connected, in ms. */
const IDLE_MS = 120_000;

/** How long what is left is read after the last answer, so that the program gets to see it, in ms. */
const LINGER_MS = 5_000;

/** How much of it is read at the most, in bytes: what a program sends before it looks for an answer. */
const LINGER_BYTES = 1 << 20;

/** done: both sides have ended it; broken: one broke it off; else why it was refused or ended. */
type Outcome = 'done' | 'broken' | RefusalCode;

/** One request, or one tunnel. */
export class Exchange {
  target: Target | undefined;
  isTaken = false;
  readonly #stream: SandboxStream;
  readonly #startedAt = performance.now();
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout;
  #outcome: Outcome | undefined;
  #upstream: Socket | undefined;
  /** How much may still move after it was refused, in bytes. */
  #leftBytes: number | undefined;

  constructor(stream: SandboxStream) {
    this.#stream = stream;
    this.#timer = setTimeout(() => this.breakOff('late'), HEAD_MS);
    stream.on('error', () => stream.destroy());
    stream.once('close', () => this.#end());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isConnected(): boolean {
    return this.#upstream !== undefined;
  }

  /** Its request has come. From here on the clock is the one for silence. */
  take(): void {
    this.isTaken = true;
    this.#restart(IDLE_MS, 'late');
  }

  /** It is connected. */
  use(upstream: Socket): void {
    this.#upstream = upstream;
    // Its close follows, and whoever carries its bytes sees that.
    upstream.on('error', () => undefined);
    if (this.#stream.destroyed) upstream.destroy();
  }

  /** Bytes have moved, either way. Once it was refused they gain it no more time. */
  moved(bytes: number): void {
    if (this.#leftBytes !== undefined) {
      this.#leftBytes -= bytes;
      if (this.#leftBytes < 0) this.breakOff('broken');
    } else if (this.isTaken) {
      this.#timer.refresh();
    }
  }

  /** Tells the program why not, and ends. @param response where an HTTP request is to be answered */
  refuse({ code, status, message }: Refusal, response?: ServerResponse): void {
    if (this.#stream.destroyed) return;
    this.#outcome = code;
    this.#leftBytes = LINGER_BYTES;
    const body = `${message}.\n`;
    const headers = {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    };
    if (response) {
      response.writeHead(status, message, headers).end(body);
    } else {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      this.#stream.end(`HTTP/1.1 ${status} ${message}\r\n${lines.join('')}\r\n${body}`);
    }
    // Closed with something unread, a connection is reset, and takes the answer with it.
    this.#stream.resume();
    this.#restart(LINGER_MS, code);
  }

  /** Ends both sides at once; the program sees a broken connection. */
  breakOff(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#stream.destroy();
  }

  /** Its line in the log. The host is a visitor's word where it was refused, but never more than a host. */
  record() {
    const { received, sent } = this.#stream;
    const { host, port } = this.target ?? {};
    return {
      host,
      port,
      outcome: this.#outcome,
      // As the visitor sees it.
      sentBytes: received,
      receivedBytes: sent,
      ms: Math.round(performance.now() - this.#startedAt),
    };
  }

  #restart(ms: number, outcome: Outcome): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.breakOff(outcome), ms);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#outcome ??= this.#stream.writableFinished ? 'done' : 'broken';
    // What is on its way to the other side gets there if the program has said all.
    const upstream = this.#upstream?.setTimeout(LINGER_MS, () => upstream?.destroy());
    if (this.#stream.readableEnded) upstream?.destroySoon();
    else upstream?.destroy();
  }
}
