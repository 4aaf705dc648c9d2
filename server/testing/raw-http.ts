/** Requests written byte by byte, for what no decent client would send. */
import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Head and body as they came. */
  text: string;
}

/**
 * Sends bytes and returns the first answer; the connection is closed then.
 * @param lines the request line and the headers, without Host
 */
export function sendRaw(url: string, lines: string[], body = ''): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const [requestLine = '', ...headers] = lines;
      socket.write([requestLine, `Host: ${host}`, ...headers, '', body].join('\r\n'));
    });
    let text = '';
    socket.setEncoding('latin1');
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const status = /^HTTP\/1\.1 (\d{3}) [^]*\r\n\r\n/.exec(text)?.[1];
      if (status === undefined) return;
      socket.destroy();
      resolve({ status: Number(status), text });
    });
    socket.on('error', reject);
    socket.on('end', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
}
