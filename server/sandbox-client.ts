/**
 * The server's end of a sandbox. The connection to the daemon's unix socket is the sandbox: closing
 * it ends every process inside. What comes from there is as hostile as the visitor's code.
 */
import { connect, type Socket } from 'node:net';
import { encodeCount, encodeFrame, FRAME_TYPES, FrameReader, STREAM_TYPES } from './frames.ts';
import type { Frame, FrameType } from './frames.ts';
import { reasonOf } from './errors.ts';
import type { Limit, Size } from './protocol.ts';
import { readFields, type Exit, type Facts, type SandboxFailure } from './sandbox-fields.ts';
import type { SandboxStream } from './sandbox-stream.ts';
import { Streams } from './streams.ts';

/** How long a sandbox may take to be made and to start its command, in ms; usually about 10. */
const START_TIMEOUT_MS = 10_000;

/** How long a sandbox may take to go, in ms; usually about 20. A daemon that is stuck is not waited for. */
const GONE_TIMEOUT_MS = 5_000;

/** The largest piece of input in one frame, in bytes: init reads no more at once. */
const MAX_INPUT_PIECE_BYTES = 16_384;

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
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #listener: SandboxListener;
  readonly #startTimer: NodeJS.Timeout;
  #closed = false;
  #facts: Facts | undefined;
  #streams: Streams | undefined;
  #goneTimer: NodeJS.Timeout | undefined;
  /** The size to tell as soon as the socket takes bytes again: the latest one only. */
  #laterSize: Size | undefined;

  /**
   * Asks for a sandbox.
   * @param signal ends the sandbox, at once and without a word to the listener
   */
  constructor(path: string, environment: string, signal: AbortSignal, listener: SandboxListener) {
    this.#listener = listener;
    this.#startTimer = setTimeout(() => this.#fail('no answer in time'), START_TIMEOUT_MS);
    this.#socket = connect(path, () => this.#sendJson(FRAME_TYPES.hello, 0, { environment }));
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#fail(reasonOf(error)));
    this.#socket.on('close', () => {
      this.#fail('closed without a reason');
      clearTimeout(this.#goneTimer);
      listener.gone();
    });
    signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  /** Starts the environment's command in the terminal. */
  open(size: Size): void {
    this.#sendJson(FRAME_TYPES.open, TERMINAL, { cols: size.cols, rows: size.rows });
  }

  /** Types into the terminal. The caller bounds what is on its way, by `acked`. */
  input(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += MAX_INPUT_PIECE_BYTES) {
      this.#send(FRAME_TYPES.data, TERMINAL, bytes.subarray(at, at + MAX_INPUT_PIECE_BYTES));
    }
  }

  /** Tells that so many bytes of output were drawn. */
  ack(bytes: number): void {
    this.#send(FRAME_TYPES.ack, TERMINAL, encodeCount(bytes));
  }

  /** Changes the terminal's size; of many in a row the last one counts. */
  resize(size: Size): void {
    this.#laterSize = size;
    this.#resizeLater();
  }

  #resizeLater(): void {
    if (!this.#laterSize || this.#socket.writableLength > 0) return;
    const payload = Buffer.alloc(4);
    payload.writeUInt16BE(this.#laterSize.cols, 0);
    payload.writeUInt16BE(this.#laterSize.rows, 2);
    this.#laterSize = undefined;
    this.#send(FRAME_TYPES.resize, TERMINAL, payload);
  }

  #sendJson(type: FrameType, terminal: number, value: object): void {
    this.#send(type, terminal, Buffer.from(JSON.stringify(value)));
  }

  #send(type: FrameType, terminal: number, payload: Buffer): void {
    if (this.#closed) return;
    this.#socket.write(encodeFrame({ type, terminal, payload }), () => {
      this.#resizeLater();
      this.#streams?.resume();
    });
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (this.#closed) return;
        this.#dispatch(frame);
      }
    } catch (error) {
      this.#fail(`malformed: ${reasonOf(error)}`);
    }
  }

  #dispatch(frame: Frame): void {
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
        if (this.#facts.network === 'proxy') this.#streams ??= this.#createStreams(this.#facts);
        this.#listener.ready(this.#facts);
        return;
      case FRAME_TYPES.open:
        readFields.opened(payload);
        clearTimeout(this.#startTimer);
        this.#listener.opened();
        return;
      case FRAME_TYPES.data:
        this.#listener.data(payload);
        return;
      case FRAME_TYPES.ack:
        this.#listener.acked(payload.readUInt32BE());
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
      send: (type, stream, payload) => this.#send(type, stream, payload),
      isIdle: () => this.#socket.writableLength === 0,
      opened: (stream) => this.#listener.connected(stream),
    });
  }

  #fail(message: string, code: SandboxFailure['code'] = 'fault'): void {
    if (this.#closed) return;
    this.#close();
    this.#listener.failed({ code, message });
  }

  #close(): void {
    this.#closed = true;
    this.#streams?.end();
    clearTimeout(this.#startTimer);
    // Half of it: the other half is the daemon's, which closes it when the sandbox is gone. Bytes that
    // nobody takes would hold our end back, though.
    if (this.#socket.writableLength > 0) this.#socket.destroy();
    else this.#socket.end();
    this.#goneTimer = setTimeout(() => this.#socket.destroy(), GONE_TIMEOUT_MS);
  }
}
