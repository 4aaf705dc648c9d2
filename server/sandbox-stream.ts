/**
 * One stream of a sandbox, as a stream of Node: what a program has connected to the proxy. It has a
 * window both ways, acknowledges what was asked for, and throws where the sandbox breaks the order.
 */
import { Duplex } from 'node:stream';
import { decodeAck, encodeCount, FRAME_TYPES, type FrameType } from './frames.ts';

/** Bytes that may be on their way without an acknowledgement, each way; init has the same number. */
export const STREAM_WINDOW_BYTES = 64 * 1024;

/** The largest piece in one frame, in bytes, so that many take turns. */
const MAX_PIECE_BYTES = 16 * 1024;

const NOTHING = Buffer.alloc(0);

interface Wire {
  send(type: FrameType, payload: Buffer): void;
  wantsToSend(): void;
  closed(): void;
}

/** A connection. A program that breaks its connection off closes it without an end. */
export class SandboxStream extends Duplex {
  /** Bytes that came from the program, and that were sent to it. */
  received = 0;
  sent = 0;
  /** Whom to tell of every piece, in bytes, either way. */
  onBytes: (bytes: number) => void = () => undefined;
  readonly #wire: Wire;
  /** What has come and was not asked for yet; at most a window of it. */
  readonly #incoming: Buffer[] = [];
  #unacked = 0;
  #isAskedFor = false;
  #hasEnd = false;
  #hasClose = false;
  #hasSentClose = false;
  /** What is being written, and how much of the window is left for it. */
  #outgoing: Buffer = NOTHING;
  #written: (() => void) | undefined;
  #room = STREAM_WINDOW_BYTES;

  constructor(wire: Wire) {
    super({ allowHalfOpen: true });
    this.#wire = wire;
  }

  /** Whether both sides have sent their close. */
  get isOver(): boolean {
    return this.#hasClose && this.#hasSentClose;
  }

  /** A frame of the sandbox's. @throws Error where it breaks the protocol */
  takeFrame(type: FrameType, payload: Buffer): void {
    if (this.#hasClose) throw new Error('a frame after the close of a stream');
    switch (type) {
      case FRAME_TYPES.streamData:
        this.#receive(payload);
        return;
      case FRAME_TYPES.streamAck:
        this.#room += decodeAck(payload);
        if (this.#room > STREAM_WINDOW_BYTES) throw new Error('more acknowledged than was sent');
        if (this.#outgoing.length > 0) this.#wire.wantsToSend();
        return;
      case FRAME_TYPES.streamEnd:
        if (this.#hasEnd) throw new Error('a second end of a stream');
        this.#hasEnd = true;
        this.#deliver();
        return;
      default:
        this.#hasClose = true;
        // What was not said to the end is broken off, by whichever side.
        if (!this.#hasEnd || !this.writableFinished) this.destroy();
    }
  }

  /** Sends one piece of what is being written. @returns whether another one could follow */
  sendPiece(): boolean {
    const bytes = Math.min(this.#outgoing.length, this.#room, MAX_PIECE_BYTES);
    if (bytes === 0 || this.#hasSentClose) return false;
    this.#wire.send(FRAME_TYPES.streamData, this.#outgoing.subarray(0, bytes));
    this.#outgoing = this.#outgoing.subarray(bytes);
    this.#room -= bytes;
    this.sent += bytes;
    this.onBytes(bytes);
    if (this.destroyed) return false;
    if (this.#outgoing.length === 0) this.#written?.();
    return this.#outgoing.length > 0 && this.#room > 0;
  }

  override _read(): void {
    this.#isAskedFor = true;
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#outgoing = chunk;
    this.#written = done;
    if (chunk.length > 0) this.#wire.wantsToSend();
    else done();
  }

  override _final(done: () => void): void {
    if (!this.#hasSentClose) this.#wire.send(FRAME_TYPES.streamEnd, NOTHING);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#hasSentClose = true;
    this.#wire.send(FRAME_TYPES.streamClose, NOTHING);
    this.#incoming.length = 0;
    this.#outgoing = NOTHING;
    this.#wire.closed();
    done(error);
  }

  #receive(bytes: Buffer): void {
    this.#unacked += bytes.length;
    if (bytes.length === 0 || this.#hasEnd || this.#unacked > STREAM_WINDOW_BYTES) {
      throw new Error('no data, data past the end of a stream, or past its window');
    }
    this.received += bytes.length;
    // Sent before it knew that nobody reads any more.
    if (this.#hasSentClose) return;
    this.#incoming.push(bytes);
    this.onBytes(bytes.length);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#isAskedFor && !this.destroyed) {
      const bytes = this.#incoming.shift();
      if (!bytes) break;
      this.#isAskedFor = this.push(bytes);
      this.#unacked -= bytes.length;
      this.#wire.send(FRAME_TYPES.streamAck, encodeCount(bytes.length));
    }
    if (this.#hasEnd && this.#incoming.length === 0 && !this.destroyed) this.push(null);
  }
}
