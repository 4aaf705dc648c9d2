/** A real TCP server that stands for a host of the internet, and the way to it for a dialer. */
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Connect } from '../dial.ts';

export interface Upstream {
  /** Leads every address to this server. */
  connect: Connect;
  /** What each connection has sent, in the order in which they came. */
  received: string[];
  sockets: Socket[];
  /** Where it listens, on 127.0.0.1. */
  port: number;
}

/** Starts one, which is stopped after the running test. @param serve what it does with a connection */
export async function startUpstream(serve: (socket: Socket) => void): Promise<Upstream> {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const index = received.push('') - 1;
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      received[index] = `${received[index] ?? ''}${data.toString('latin1')}`;
    });
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const connect: Connect = () =>
    new Promise((resolve, reject) => {
      const socket = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(socket));
    });
  return { connect, received, sockets, port };
}

/** Answers each connection once its request's head is there. */
export function answering(answer: string): (socket: Socket) => void {
  return (socket) => {
    let head = '';
    socket.on('data', (data) => {
      if (head.includes('\r\n\r\n')) return;
      head += data.toString('latin1');
      if (head.includes('\r\n\r\n')) socket.end(answer);
    });
  };
}
