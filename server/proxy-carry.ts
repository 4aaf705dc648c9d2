/** Carries what a visitor's program and a host say to each other: as it is, or one HTTP request. */
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { endToEnd, Refusal, type Target } from './proxy-target.ts';

/** The largest head of a request or an answer, in bytes. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** What a CONNECT asks for: bytes both ways, each direction until its own end. */
export function tunnel(stream: Duplex, upstream: Socket, head: Buffer): void {
  stream.write('HTTP/1.1 200 Connection established\r\n\r\n');
  if (head.length > 0) upstream.write(head);
  upstream.once('close', () => {
    if (!upstream.readableEnded) stream.destroy();
  });
  upstream.pipe(stream);
  stream.pipe(upstream);
}

/**
 * Passes a request on, and its answer back; resolves when the answer is told. The host is the URL's,
 * whatever the Host header says.
 * @throws Refusal while nothing of an answer was told, some other Error after that
 */
export async function forward(
  incoming: IncomingMessage,
  response: ServerResponse,
  { host, port, path }: Target & { path: string },
  upstream: Socket,
): Promise<void> {
  const headers = [
    ['Host', port === 80 ? host : `${host}:${port}`],
    ...endToEnd(incoming.rawHeaders),
    ['Connection', 'close'],
  ];
  const outgoing = request({
    createConnection: () => upstream,
    method: incoming.method,
    path,
    // Pairs keep their order and their repetitions; the types know only the other form.
    headers: headers as unknown as Record<string, string>,
    maxHeaderSize: MAX_HEAD_BYTES,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.on('error', reject);
    outgoing.once('upgrade', () => reject(new Error('it changes to another protocol')));
  });
  // An answer may come before all was sent, or instead: only the answer decides.
  pipeline(incoming, outgoing).catch(() => outgoing.destroy());
  try {
    const answer = await answered;
    const { statusCode = 0, statusMessage = '', rawHeaders } = answer;
    if (statusCode < 200) throw new Error('that is no answer yet, and none follows');
    let kept = endToEnd(rawHeaders);
    if (incoming.httpVersionMinor === 0) {
      // HTTP/1.0 knows no chunks: the end of the connection is the end of the answer.
      kept = kept.filter(([name]) => name.toLowerCase() !== 'transfer-encoding');
      response.useChunkedEncodingByDefault = false;
    }
    response.writeHead(statusCode, statusMessage, [...kept, ['Connection', 'close']].flat());
    await pipeline(answer, response);
  } catch (error) {
    outgoing.destroy();
    if (response.headersSent) throw error;
    throw new Refusal('unreachable', `${host} gave no answer that could be understood`);
  }
}
