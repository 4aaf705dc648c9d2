/**
 * The wire between the server and a sandbox: length-prefixed frames on a unix socket.
 *
 * A frame is: u32 length of what follows, u8 type (an ASCII letter), u16 terminal, payload; numbers
 * are big-endian. Frames with small letters are a stream's, and carry its number there: a stream is
 * one connection that a program inside has made to the proxy. `sandbox/frames.jsonl` holds examples
 * that the tests of both sides replay.
 */

/** The kinds of frame, in the order of a life. */
export const FRAME_TYPES = {
  /** server → daemon, first: which environment, JSON. */
  hello: 'H',
  /** server → daemon, instead of hello: would a sandbox of this environment be made? */
  probe: 'P',
  /** daemon → server, before all else: what the environment's declaration says, JSON. */
  facts: 'F',
  /** The sandbox exists, or would be made; JSON. */
  ready: 'R',
  /** Start the command in a terminal of this size, JSON; answered by its pid, JSON. */
  open: 'O',
  /** Bytes of a terminal, both ways. */
  data: 'D',
  /** So many bytes were consumed, u32, both ways. */
  ack: 'A',
  /** A terminal's new size: u16 columns, u16 rows. */
  resize: 'Z',
  /** A signal's name for the terminal's foreground group, such as "INT". */
  signal: 'S',
  /** Hang the terminal up. */
  close: 'C',
  /** The terminal's command has ended, after its last data, JSON. */
  exit: 'E',
  /** The visitor has met a limit, JSON. */
  notice: 'N',
  /** The other side failed and closes, JSON. */
  error: 'X',
  /** init → server: a program has connected. */
  streamOpen: 'o',
  /** Bytes of a stream, both ways, at most a window of them without an acknowledgement. */
  streamData: 'd',
  /** So many bytes of a stream were taken, u32, both ways. */
  streamAck: 'a',
  /** No more data comes from this side. */
  streamEnd: 'e',
  /**
   * This side sends nothing more of any kind; once each, and last. Without an end before, the
   * stream is broken off. When both have said it, the number may be used again.
   */
  streamClose: 'c',
} as const;

export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];

/** The kinds that belong to streams; for these the number of a frame is the stream's. */
export const STREAM_TYPES: ReadonlySet<FrameType> = new Set([
  FRAME_TYPES.streamOpen,
  FRAME_TYPES.streamData,
  FRAME_TYPES.streamAck,
  FRAME_TYPES.streamEnd,
  FRAME_TYPES.streamClose,
]);

/** The largest payload, in bytes. */
export const MAX_PAYLOAD_BYTES = 65_536;

const LENGTH_BYTES = 4;
const HEADER_BYTES = 3;
const KNOWN: ReadonlySet<string> = new Set(Object.values(FRAME_TYPES));

export interface Frame {
  type: FrameType;
  /** 0 is the sandbox itself, terminals count from 1; in a stream's frames, its number. */
  terminal: number;
  payload: Buffer;
}

/** What came is no frame. */
export class MalformedFrame extends Error {}

/** A number of bytes, as the payload of an acknowledgement. */
export function encodeCount(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return payload;
}

/** Reads an acknowledgement. @throws Error where it acknowledges nothing, which no window would bound */
export function decodeAck(payload: Buffer): number {
  const bytes = payload.readUInt32BE();
  if (bytes === 0) throw new Error('nothing acknowledged');
  return bytes;
}

/** Writes a frame. */
export function encodeFrame({ type, terminal, payload }: Frame): Buffer {
  const head = Buffer.alloc(LENGTH_BYTES + HEADER_BYTES);
  head.writeUInt32BE(HEADER_BYTES + payload.length, 0);
  head.write(type, LENGTH_BYTES, 'ascii');
  head.writeUInt16BE(terminal, LENGTH_BYTES + 1);
  return Buffer.concat([head, payload]);
}

/** Cuts a stream of bytes into frames. It keeps at most one frame that is not whole yet. */
export class FrameReader {
  /** Joined only once they are long enough: a stream of single bytes costs no more than another. */
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes have to be there before there is anything to do. */
  #needed = LENGTH_BYTES;

  /** @throws MalformedFrame; the stream is worthless from then on */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    const bytes = Buffer.concat(this.#chunks);
    const frames: Frame[] = [];
    let at = 0;
    this.#needed = frameEnd(bytes, at);
    while (bytes.length - at >= this.#needed) {
      frames.push(toFrame(bytes.subarray(at + LENGTH_BYTES, at + this.#needed)));
      at += this.#needed;
      this.#needed = frameEnd(bytes, at);
    }
    this.#chunks = [bytes.subarray(at)];
    this.#length = bytes.length - at;
    return frames;
  }
}

/** How long the frame at an offset is, or its length field where that is not there yet, in bytes. */
function frameEnd(bytes: Buffer, at: number): number {
  if (bytes.length - at < LENGTH_BYTES) return LENGTH_BYTES;
  const length = bytes.readUInt32BE(at);
  if (length < HEADER_BYTES || length > HEADER_BYTES + MAX_PAYLOAD_BYTES) {
    throw new MalformedFrame(`a frame of ${length} bytes`);
  }
  return LENGTH_BYTES + length;
}

function toFrame(body: Buffer): Frame {
  const type = body.toString('latin1', 0, 1);
  if (!KNOWN.has(type)) throw new MalformedFrame(`a frame of type ${JSON.stringify(type)}`);
  const terminal = body.readUInt16BE(1);
  return { type: type as FrameType, terminal, payload: body.subarray(HEADER_BYTES) };
}
