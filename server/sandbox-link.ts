/** The connection to a sandbox, in frames: what waits on it is bounded, and it is closed by halves. */
import { connect, type Socket } from 'node:net';
import { reasonOf } from './errors.ts';
import { encodeFrame, FrameReader, type Frame, type FrameType } from './frames.ts';

/** How long a sandbox may take to go, in ms; usually about 20. A daemon that is stuck is not waited for. */
const GONE_TIMEOUT_MS = 5_000;

/**
 * What may wait for a sandbox that does not read, in bytes. An input window of single bytes is half a
 * megabyte in frames, the latest pieces of streams and the acknowledgements of all windows far less.
 */
const MAX_QUEUED_BYTES = 1 << 20;

/** What a link tells. After its close there is only `gone`. */
export interface LinkListener {
  connected(): void;
  /** A frame has come. What this throws fails the link. */
  frame(frame: Frame): void;
  /** Something was written: more may follow. */
  wrote(): void;
  /** It broke, or was closed by the other side. It is still to be closed. */
  failed(message: string): void;
  /** The other side has hung up, or was not waited for any longer. */
  gone(): void;
}

/** One connection to the daemon's unix socket. */
export class SandboxLink {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #listener: LinkListener;
  #isClosed = false;
  #goneTimer: NodeJS.Timeout | undefined;

  constructor(path: string, listener: LinkListener) {
    this.#listener = listener;
    this.#socket = connect(path, () => listener.connected());
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#fail(reasonOf(error)));
    this.#socket.on('close', () => {
      this.#fail('closed without a reason');
      clearTimeout(this.#goneTimer);
      listener.gone();
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether nothing waits to be written. */
  get isIdle(): boolean {
    return this.#socket.writableLength === 0;
  }

  send(type: FrameType, terminal: number, payload: Buffer): void {
    if (this.#isClosed) return;
    this.#socket.write(encodeFrame({ type, terminal, payload }), () => this.#listener.wrote());
    // By its error event: whoever sends need not expect to be told in the middle of it.
    if (this.#socket.writableLength > MAX_QUEUED_BYTES) {
      this.#socket.destroy(new Error('it does not read what it is sent'));
    }
  }

  /** Nothing is sent or told any more, but the end. Further calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Half of it: the other half is the daemon's, which closes it when the sandbox is gone. Bytes that
    // nobody takes would hold our end back, though.
    if (this.isIdle) this.#socket.end();
    else this.#socket.destroy();
    this.#goneTimer = setTimeout(() => this.#socket.destroy(), GONE_TIMEOUT_MS);
  }

  #receive(chunk: Buffer): void {
    try {
      // After the close it is still read, for the other side's end to be seen, but not looked at.
      for (const frame of this.#isClosed ? [] : this.#reader.push(chunk)) {
        if (this.#isClosed) return;
        this.#listener.frame(frame);
      }
    } catch (error) {
      this.#fail(`malformed: ${reasonOf(error)}`);
    }
  }

  #fail(message: string): void {
    if (!this.#isClosed) this.#listener.failed(message);
  }
}
