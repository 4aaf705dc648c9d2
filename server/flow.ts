/**
 * Flow control of one terminal: the two windows, in bytes on the sandbox's side and in messages on
 * the browser's.
 *
 * Output: the sandbox sends at most a window of unacknowledged bytes and then blocks. So all that a
 * client which has stopped reading can make the server hold is that window, here or in SockJS.
 * Input: the browser holds back by the same rule the other way.
 */
import { StringDecoder } from 'node:string_decoder';
import { INPUT_WINDOW_BYTES, OUTPUT_WINDOW_BYTES } from './protocol.ts';
import { MAX_PAYLOAD_BYTES } from './frames.ts';

/**
 * The most bytes of the terminal in one message. A byte that is no UTF-8 becomes a replacement
 * character of three, so that a message stays below MAX_MESSAGE_BYTES.
 */
const MAX_OUTPUT_BYTES = 16 * 1024;

/**
 * The most messages on their way to the browser. A program that prints byte by byte would otherwise
 * make a quarter of a million of them of one window; past this they are put together.
 */
const MAX_MESSAGES = 64;

/** Output between the sandbox and the browser. */
export class OutputFlow {
  readonly #decoder = new StringDecoder('utf8');
  /** Output for which no message was made yet: full blocks, oldest first, and the one that is being filled. */
  readonly #blocks: Buffer[] = [];
  #tail = Buffer.allocUnsafe(MAX_OUTPUT_BYTES);
  #filled = 0;
  /** How many bytes each message on its way stands for, oldest first. */
  readonly #sent: number[] = [];
  /** Bytes of a character that is not whole yet; the next message stands for them. */
  #carried = 0;
  #unacked = 0;

  /** Whether the browser owes acknowledgements: nothing more is sent for it, or soon nothing will be. */
  get isHeldBack(): boolean {
    return this.#sent.length >= MAX_MESSAGES || this.#unacked > OUTPUT_WINDOW_BYTES / 2;
  }

  /**
   * Takes output.
   * @returns whether the sandbox kept to its window. It looks before it reads a frame, and reads one
   * more at the terminal's end, so that two are tolerated.
   */
  receive(bytes: Buffer): boolean {
    this.#append(bytes);
    this.#unacked += bytes.length;
    return this.#unacked <= OUTPUT_WINDOW_BYTES + 2 * MAX_PAYLOAD_BYTES;
  }

  /** The next message for the browser; undefined when nothing waits or enough are on their way. */
  next(): string | undefined {
    while (this.#isWaiting && this.#sent.length < MAX_MESSAGES) {
      const bytes = this.#take();
      const text = this.#decoder.write(bytes);
      this.#carried += bytes.length;
      if (text === '') continue;
      this.#sent.push(this.#carried);
      this.#carried = 0;
      return text;
    }
    return undefined;
  }

  /** The browser has drawn messages. @returns their bytes; undefined if there are not so many */
  ack(messages: number): number | undefined {
    if (messages > this.#sent.length) return undefined;
    const bytes = this.#sent.splice(0, messages).reduce((sum, size) => sum + size, 0);
    this.#unacked -= bytes;
    return bytes;
  }

  /** What is left at the end of the terminal, which is at most a window; no more is counted. */
  *rest(): Generator<string> {
    while (this.#isWaiting) {
      const text = this.#decoder.write(this.#take());
      if (text !== '') yield text;
    }
    const broken = this.#decoder.end();
    if (broken !== '') yield broken;
  }

  get #isWaiting(): boolean {
    return this.#blocks.length > 0 || this.#filled > 0;
  }

  /** Copies, so that a program which writes byte by byte makes no more objects than any other. */
  #append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(this.#tail, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled < MAX_OUTPUT_BYTES) continue;
      this.#blocks.push(this.#tail);
      this.#tail = Buffer.allocUnsafe(MAX_OUTPUT_BYTES);
      this.#filled = 0;
    }
  }

  /** The oldest block, full or not. It is valid until the next output. */
  #take(): Buffer {
    const block = this.#blocks.shift();
    if (block) return block;
    const rest = this.#tail.subarray(0, this.#filled);
    this.#filled = 0;
    return rest;
  }
}

/** Input between the browser and the sandbox. */
export class InputFlow {
  /** How many bytes of each message the process has not taken yet, oldest first. */
  readonly #sizes: number[] = [];
  #inFlight = 0;

  /** Takes a message of so many bytes. @returns whether the browser kept to its window */
  receive(bytes: number): boolean {
    this.#sizes.push(bytes);
    this.#inFlight += bytes;
    return this.#inFlight <= INPUT_WINDOW_BYTES;
  }

  /** The process took bytes. @returns how many messages are done; undefined if it took too many */
  ack(bytes: number): number | undefined {
    if (bytes > this.#inFlight) return undefined;
    this.#inFlight -= bytes;
    let left = bytes;
    let done = 0;
    for (const size of this.#sizes) {
      if (size > left) break;
      left -= size;
      done += 1;
    }
    this.#sizes.splice(0, done);
    if (this.#sizes[0] !== undefined) this.#sizes[0] -= left;
    return done;
  }
}
