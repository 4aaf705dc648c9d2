/**
 * The streams of a sandbox: connections that its programs have made to the proxy, as Node's streams.
 * Each has a window of its own both ways, so that one which nobody reads blocks no other; what comes
 * from the sandbox is hostile, and a breach of the windows or of the order throws.
 */
import { FRAME_TYPES, type Frame, type FrameType } from './frames.ts';
import { SandboxStream } from './sandbox-stream.ts';

/**
 * How many may be opened in a second. Each costs the server some 50 µs, so that a flood of them would
 * hold up everybody; init manages about 1,400 for a program that does nothing else (measured).
 */
const MAX_OPENED_PER_SECOND = 5_000;

export interface StreamsOptions {
  /** How many there may be at once. */
  limit: number;
  send(type: FrameType, stream: number, payload: Buffer): void;
  /** Whether nothing waits for the sandbox's connection. While something does, streams do not add to it. */
  isIdle(): boolean;
  opened(stream: SandboxStream): void;
}

/** All streams of one sandbox. */
export class Streams {
  readonly #options: StreamsOptions;
  /** By number, until both sides have sent their close. */
  readonly #streams = new Map<number, SandboxStream>();
  /** Those that have something to send, the one that has waited longest first. */
  readonly #senders = new Set<SandboxStream>();
  /** Since when they are counted, by the monotonic clock in ms, and how many there were. */
  #countedFrom = -Infinity;
  #opened = 0;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Takes a frame of a stream's. @throws Error where it breaks the protocol */
  take({ type, terminal: number, payload }: Frame): void {
    if (type === FRAME_TYPES.streamOpen) {
      this.#open(number);
      return;
    }
    const stream = this.#streams.get(number);
    if (!stream) throw new Error(`a frame of stream ${number}, which is not open`);
    stream.takeFrame(type, payload);
    this.#forgetIfOver(number, stream);
  }

  /** To be called when the connection has become idle. */
  resume(): void {
    for (const stream of this.#senders) {
      if (!this.#options.isIdle()) return;
      this.#senders.delete(stream);
      if (stream.sendPiece()) this.#senders.add(stream);
    }
  }

  /** The sandbox has ended. */
  end(): void {
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
  }

  #open(number: number): void {
    if (this.#streams.has(number) || this.#streams.size >= this.#options.limit) {
      throw new Error(`stream ${number} opened beside ${this.#streams.size}`);
    }
    this.#countOpening();
    const stream: SandboxStream = new SandboxStream({
      send: (type, payload) => this.#options.send(type, number, payload),
      wantsToSend: () => {
        this.#senders.add(stream);
        this.resume();
      },
      closed: () => {
        this.#senders.delete(stream);
        this.#forgetIfOver(number, stream);
      },
    });
    this.#streams.set(number, stream);
    this.#options.opened(stream);
  }

  #countOpening(): void {
    const now = performance.now();
    if (now - this.#countedFrom >= 1_000) {
      this.#countedFrom = now;
      this.#opened = 0;
    }
    this.#opened += 1;
    if (this.#opened > MAX_OPENED_PER_SECOND) throw new Error('a flood of streams');
  }

  #forgetIfOver(number: number, stream: SandboxStream): void {
    if (stream.isOver) this.#streams.delete(number);
  }
}
