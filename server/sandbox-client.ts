/**
 * The server's end of a sandbox. The connection to the daemon's unix socket is the sandbox: closing
 * it ends every process inside. What comes from there is as hostile as the visitor's code.
 */
import { decodeAck, encodeCount, FRAME_TYPES, STREAM_TYPES } from './frames.ts';
import type { Frame, FrameType } from './frames.ts';
import type { Limit, Size } from './protocol.ts';
import { readFields, type Exit, type Facts, type SandboxFailure } from './sandbox-fields.ts';
import { SandboxLink } from './sandbox-link.ts';
import type { SandboxStream } from './sandbox-stream.ts';
import { Streams } from './streams.ts';

/** How long a sandbox may take to be made and to start its command, in ms; usually about 10. */
const START_TIMEOUT_MS = 10_000;

/** The largest piece of input in one frame, in bytes: init reads no more at once. */
const MAX_INPUT_PIECE_BYTES = 16_384;

/**
 * How many frames of no data may come in a row: no window counts them. init sends one at a terminal's
 * end, and one where an interrupt has thrown away what it was about to read.
 */
const MAX_EMPTY_FRAMES = 100;

/** The one terminal that a session has. */
const TERMINAL = 1;

/** What a sandbox tells, in this order; nothing but `gone` comes after `failed`. */
export interface SandboxListener {
  /** The sandbox exists; {@link Sandbox.open} may be called. */
  ready(facts: Facts): void;
  /** The terminal's command runs. */
  opened(): void;
  data(bytes: Buffer): void;
  /** The command has taken so many bytes of input. */
  acked(bytes: number): void;
  /** The visitor's programs have met a limit, says the sandbox, as often as it likes. */
  noticed(limit: Limit): void;
  /** A program has connected to the proxy. */
  connected(stream: SandboxStream): void;
  exited(exit: Exit): void;
  /** It could not be made, or broke, or closed without a reason. */
  failed(failure: SandboxFailure): void;
  /** The daemon has hung up, which it does when nothing of the sandbox is left on the host. */
  gone(): void;
}

/** A sandbox with one terminal. */
export class Sandbox {
  readonly #link: SandboxLink;
  readonly #listener: SandboxListener;
  readonly #startTimer: NodeJS.Timeout;
  #facts: Facts | undefined;
  #isReady = false;
  /** Whether the terminal was asked for, and its opening was not told yet. */
  #awaitsOpened = false;
  #emptyFrames = 0;
  #streams: Streams | undefined;
  /** The size to tell as soon as the socket takes bytes again: the latest one only. */
  #laterSize: Size | undefined;

  /**
   * Asks for a sandbox.
   * @param signal ends the sandbox, at once and without a word to the listener
   */
  constructor(path: string, environment: string, signal: AbortSignal, listener: SandboxListener) {
    this.#listener = listener;
    this.#startTimer = setTimeout(() => this.#fail('no answer in time'), START_TIMEOUT_MS);
    this.#link = new SandboxLink(path, {
      connected: () => this.#sendJson(FRAME_TYPES.hello, 0, { environment }),
      frame: (frame) => this.#take(frame),
      wrote: () => {
        this.#resizeLater();
        this.#streams?.resume();
      },
      failed: (message) => this.#fail(message),
      gone: () => listener.gone(),
    });
    signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  /** Starts the environment's command in the terminal. */
  open(size: Size): void {
    this.#awaitsOpened = true;
    this.#sendJson(FRAME_TYPES.open, TERMINAL, { cols: size.cols, rows: size.rows });
  }

  /** Types into the terminal. The caller bounds what is on its way, by `acked`. */
  input(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += MAX_INPUT_PIECE_BYTES) {
      this.#link.send(FRAME_TYPES.data, TERMINAL, bytes.subarray(at, at + MAX_INPUT_PIECE_BYTES));
    }
  }

  /** Tells that so many bytes of output were drawn. */
  ack(bytes: number): void {
    this.#link.send(FRAME_TYPES.ack, TERMINAL, encodeCount(bytes));
  }

  /** Changes the terminal's size; of many in a row the last one counts. */
  resize(size: Size): void {
    this.#laterSize = size;
    this.#resizeLater();
  }

  #resizeLater(): void {
    if (!this.#laterSize || !this.#link.isIdle) return;
    const payload = Buffer.alloc(4);
    payload.writeUInt16BE(this.#laterSize.cols, 0);
    payload.writeUInt16BE(this.#laterSize.rows, 2);
    this.#laterSize = undefined;
    this.#link.send(FRAME_TYPES.resize, TERMINAL, payload);
  }

  #sendJson(type: FrameType, terminal: number, value: object): void {
    this.#link.send(type, terminal, Buffer.from(JSON.stringify(value)));
  }

  #take(frame: Frame): void {
    const { type, payload } = frame;
    switch (type) {
      case FRAME_TYPES.facts:
        // The daemon's word comes before a byte of the sandbox's; what comes later is not the daemon's.
        if (this.#facts) throw new Error('facts a second time');
        this.#facts = readFields.facts(payload);
        return;
      case FRAME_TYPES.ready:
        readFields.ready(payload);
        if (!this.#facts) throw new Error('no facts before it was ready');
        if (this.#isReady) throw new Error('ready a second time');
        this.#isReady = true;
        if (this.#facts.network === 'proxy') this.#streams = this.#createStreams(this.#facts);
        this.#listener.ready(this.#facts);
        return;
      case FRAME_TYPES.open:
        readFields.opened(payload);
        if (!this.#awaitsOpened) throw new Error('a terminal opened that was not asked for');
        this.#awaitsOpened = false;
        clearTimeout(this.#startTimer);
        this.#listener.opened();
        return;
      case FRAME_TYPES.data:
        this.#emptyFrames = payload.length > 0 ? 0 : this.#emptyFrames + 1;
        if (this.#emptyFrames > MAX_EMPTY_FRAMES) throw new Error('no data, over and over');
        this.#listener.data(payload);
        return;
      case FRAME_TYPES.ack:
        this.#listener.acked(decodeAck(payload));
        return;
      case FRAME_TYPES.notice:
        this.#listener.noticed(readFields.notice(payload).limit);
        return;
      case FRAME_TYPES.exit:
        this.#listener.exited(readFields.exit(payload));
        return;
      case FRAME_TYPES.error: {
        const { code, message } = readFields.error(payload);
        this.#fail(message.slice(0, 200), code);
        return;
      }
      default:
        if (!this.#streams || !STREAM_TYPES.has(type)) throw new Error(`an unexpected ${type}`);
        this.#streams.take(frame);
    }
  }

  #createStreams({ limits }: Facts): Streams {
    return new Streams({
      limit: limits.connections,
      send: (type, stream, payload) => this.#link.send(type, stream, payload),
      isIdle: () => this.#link.isIdle,
      opened: (stream) => this.#listener.connected(stream),
    });
  }

  #fail(message: string, code: SandboxFailure['code'] = 'fault'): void {
    if (this.#link.isClosed) return;
    this.#close();
    this.#listener.failed({ code, message });
  }

  #close(): void {
    this.#link.close();
    this.#streams?.end();
    clearTimeout(this.#startTimer);
  }
}
