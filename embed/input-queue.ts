/** Holds typed and pasted text until the process takes it, so that no paste floods the connection. */
import { INPUT_WINDOW_BYTES, MAX_INPUT_UNITS } from '../server/protocol.ts';

/**
 * How many bytes may be unacknowledged, as they are on the wire. The XHR transports join messages
 * into one request, which the server refuses above 64 KiB: the rest is left to the quotes, commas,
 * sizes and acknowledgements that travel along.
 */
const WINDOW_WIRE_BYTES = INPUT_WINDOW_BYTES - 8 * 1024;

/** How much may wait for its turn, in UTF-16 units; far more than anybody pastes on purpose. */
const MAX_WAITING_UNITS = 1024 * 1024;

/** What Ctrl-C sends. */
const INTERRUPT = '\x03';

/** A queue of input, from the terminal to one connection. */
export class InputQueue {
  #waiting = '';
  /** The wire bytes of each message that is not yet acknowledged, oldest first. */
  #inFlight: number[] = [];
  #inFlightBytes = 0;
  #open = false;

  constructor(readonly send: (data: string) => void) {}

  /** Lets input out from now on; what was typed before follows. */
  open(): void {
    this.#open = true;
    this.#pump();
  }

  /**
   * Takes input. An interrupt discards what still waits, as a terminal's own driver would, and is itself sent past a
   * full window: the other end discards what is in flight.
   * @returns false where it was too much, and nothing of it was taken
   */
  push(data: string): boolean {
    if (data === INTERRUPT) this.#waiting = '';
    if (this.#waiting.length + data.length > MAX_WAITING_UNITS) return false;
    this.#waiting += data;
    this.#pump();
    return true;
  }

  /** The process has taken so many messages, oldest first. */
  acknowledge(messages: number): void {
    for (const bytes of this.#inFlight.splice(0, messages)) this.#inFlightBytes -= bytes;
    this.#pump();
  }

  #pump(): void {
    while (this.#open && this.#waiting !== '') {
      const piece = firstPiece(this.#waiting);
      const bytes = wireBytes(piece);
      const isFull = this.#inFlightBytes + bytes > WINDOW_WIRE_BYTES;
      if (isFull && piece !== INTERRUPT) return;
      this.#waiting = this.#waiting.slice(piece.length);
      this.#inFlight.push(bytes);
      this.#inFlightBytes += bytes;
      this.send(piece);
    }
  }
}

/** As much as fits in one message, without parting the two halves of a character. */
function firstPiece(text: string): string {
  if (text.length <= MAX_INPUT_UNITS) return text;
  const last = text.charCodeAt(MAX_INPUT_UNITS - 1);
  const isHighSurrogate = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHighSurrogate ? MAX_INPUT_UNITS - 1 : MAX_INPUT_UNITS);
}

/**
 * The most that a message with this text takes on the wire: SockJS writes what is not plain ASCII as `\uXXXX`. The
 * quotes, the comma and the character for the kind come on top.
 */
function wireBytes(text: string): number {
  const plain = text.match(/[ !#-[\]-~]/g)?.length ?? 0;
  return plain + (text.length - plain) * 6 + 4;
}
