/**
 * Counts the frames of a WebSocket message that does not end. The library bounds a message's bytes, but keeps an
 * object for every fragment of it, and an empty fragment costs a client six bytes.
 */

/** Browsers cut a message of 64 KiB into a handful of fragments at the most. */
const MAX_FRAGMENTS = 64;

/** The bits of a frame's first two bytes, and the length's codes (RFC 6455, 5.2). */
const FIN = 0x80;
const CONTROL = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Reads the headers of a client's frames off its bytes, and nothing else of them. */
export class FrameGuard {
  /** The bytes of a header that is not whole yet: 14 at the most. */
  #header: number[] = [];
  /** Bytes of payload still to come. */
  #payload = 0;
  #fragments = 0;

  /** Takes what came. @returns false where the message has too many fragments */
  accepts(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const skipped = Math.min(this.#payload, chunk.length - at);
        this.#payload -= skipped;
        at += skipped;
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      if (this.#header.length < headerLength(this.#header)) continue;
      this.#payload = payloadLength(this.#header);
      if (!this.#count(this.#header[0] ?? 0)) return false;
      this.#header = [];
    }
    return true;
  }

  #count(first: number): boolean {
    // Pings and the like stand between fragments, and are not kept.
    if (first & CONTROL) return true;
    this.#fragments = first & FIN ? 0 : this.#fragments + 1;
    return this.#fragments <= MAX_FRAGMENTS;
  }
}

/** How long the header is, as far as its bytes tell. */
function headerLength([, second]: number[]): number {
  if (second === undefined) return 2;
  const code = second & LENGTH;
  const extended = code === LENGTH_16 ? 2 : code === LENGTH_64 ? 8 : 0;
  return 2 + extended + (second & MASKED ? 4 : 0);
}

function payloadLength([, second = 0, ...rest]: number[]): number {
  const code = second & LENGTH;
  if (code < LENGTH_16) return code;
  const bytes = rest.slice(0, code === LENGTH_16 ? 2 : 8);
  return bytes.reduce((length, byte) => length * 256 + byte, 0);
}
