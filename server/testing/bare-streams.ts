/** The streams of a sandbox without the connection below: frames are given, and those sent are kept. */
import { FRAME_TYPES, type FrameType } from '../frames.ts';
import type { SandboxStream } from '../sandbox-stream.ts';
import { Streams } from '../streams.ts';

interface Sent {
  type: FrameType;
  stream: number;
  payload: Buffer;
}

/** @param limit how many streams there may be */
export function startStreams(limit = 4) {
  const sent: Sent[] = [];
  const opened: SandboxStream[] = [];
  const connection = { isIdle: true };
  const streams = new Streams({
    limit,
    send: (type, stream, payload) => sent.push({ type, stream, payload: Buffer.from(payload) }),
    isIdle: () => connection.isIdle,
    opened: (stream) => {
      stream.on('error', () => undefined);
      opened.push(stream);
    },
  });
  const take = (type: FrameType, stream = 1, payload = Buffer.alloc(0)) =>
    streams.take({ type, terminal: stream, payload });
  const data = (bytes: number, stream = 1) =>
    take(FRAME_TYPES.streamData, stream, Buffer.alloc(bytes));
  const ack = (bytes: number, stream = 1) => {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    take(FRAME_TYPES.streamAck, stream, payload);
  };
  const open = (stream = 1): SandboxStream => {
    take(FRAME_TYPES.streamOpen, stream);
    return opened.at(-1) as SandboxStream;
  };
  const types = (stream = 1) =>
    sent.filter((frame) => frame.stream === stream).map(({ type }) => type);
  const sentBytes = (stream = 1) =>
    sent
      .filter((frame) => frame.stream === stream && frame.type === FRAME_TYPES.streamData)
      .reduce((sum, { payload }) => sum + payload.length, 0);
  return { streams, sent, connection, take, data, ack, open, types, sentBytes };
}
