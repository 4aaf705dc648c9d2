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
  /** Bytes for which no message was made yet. */
  #waiting: Buffer[] = [];
  /** How many bytes each message on its way stands for, oldest first. */
  readonly #sent: number[] = [];
  /** Bytes of a character that is not whole yet; the next message stands for them. */
  #carried = 0;
  #unacked = 0;

  /** Bytes that were received and not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /**
   * Takes output.
   * @returns whether the sandbox kept to its window. It looks before it reads a frame, and reads one
   * more at the terminal's end, so that two are tolerated.
   */
  receive(bytes: Buffer): boolean {
    if (bytes.length > 0) this.#waiting.push(bytes);
    this.#unacked += bytes.length;
    return this.#unacked <= OUTPUT_WINDOW_BYTES + 2 * MAX_PAYLOAD_BYTES;
  }

  /** The next message for the browser; undefined when nothing waits or enough are on their way. */
  next(): string | undefined {
    while (this.#waiting.length > 0 && this.#sent.length < MAX_MESSAGES) {
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
    while (this.#waiting.length > 0) {
      const text = this.#decoder.write(this.#take());
      if (text !== '') yield text;
    }
    const broken = this.#decoder.end();
    if (broken !== '') yield broken;
  }

  #take(): Buffer {
    const pieces: Buffer[] = [];
    let room = MAX_OUTPUT_BYTES;
    while (room > 0) {
      const first = this.#waiting.shift();
      if (!first) break;
      if (first.length > room) this.#waiting.unshift(first.subarray(room));
      const piece = first.subarray(0, room);
      pieces.push(piece);
      room -= piece.length;
    }
    return Buffer.concat(pieces);
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
