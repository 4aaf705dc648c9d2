/** The two listening sockets. They are bound before all else, because the URLs follow from them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Config } from './config.ts';
import { hasCode, reasonOf, StartError } from './errors.ts';

/**
 * How long things may take on a connection, in ms: the headers, the whole request, a kept-alive
 * connection's silence, and a peer that takes nothing of an answer. The last one is longer than the
 * 25 s between two heartbeats of SockJS.
 */
const TIMEOUTS = { headers: 10_000, request: 15_000, keepAlive: 5_000, stalled: 60_000 };

/** Open TCP connections of a listener at the most; far below the descriptors that a process gets today. */
const MAX_CONNECTIONS = 10_000;

/** How long open connections get to take the last words at the end, in ms. */
const CLOSE_TIMEOUT_MS = 2_000;

/** What answers on a listener. */
export interface Handler {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** A bound port. Requests wait until {@link Listener.serve} is called. */
export interface Listener {
  port: number;
  serve(handler: Handler): void;
  close(): Promise<void>;
}

export interface Listeners {
  console: Listener;
  /** The documentation page's, unless it is turned off. */
  docs: Listener | undefined;
}

/** Binds both ports. @throws StartError when one is taken or may not be bound */
export async function listen(config: Config): Promise<Listeners> {
  const console = await bind(config.host, config.port, 'PORT');
  const { docsPort } = config;
  if (docsPort === undefined) return { console, docs: undefined };
  try {
    return { console, docs: await bind(config.host, docsPort, 'DOCS_PORT') };
  } catch (error) {
    await console.close();
    throw error;
  }
}

async function bind(host: string, port: number, option: string): Promise<Listener> {
  const server = createServer({
    headersTimeout: TIMEOUTS.headers,
    requestTimeout: TIMEOUTS.request,
    keepAliveTimeout: TIMEOUTS.keepAlive,
    // How often the first two are looked at.
    connectionsCheckingInterval: 1_000,
  });
  server.timeout = TIMEOUTS.stalled;
  server.maxConnections = MAX_CONNECTIONS;
  let serve!: (handler: Handler) => void;
  const handler = new Promise<Handler>((resolve) => (serve = resolve));
  server.on('request', (request, response) => {
    void handler.then((ready) => ready.request(request, response));
  });
  server.on('upgrade', (request, socket, head) => {
    void handler.then((ready) =>
      ready.upgrade ? ready.upgrade(request, socket, head) : socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotBind(host, port, option, error)));
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, serve, close: () => close(server) };
}

function cannotBind(host: string, port: number, option: string, error: Error): StartError {
  const name = `TRY_CONSOLE_${option} ${port} on ${host}`;
  if (hasCode(error, 'EADDRINUSE')) {
    return new StartError(`${name} is in use: end the program that uses it, or give another port.`);
  }
  if (hasCode(error, 'EACCES')) {
    return new StartError(`${name} may not be bound by this user: give a port above 1023.`);
  }
  return new StartError(`${name} cannot be bound (${reasonOf(error)}): change TRY_CONSOLE_HOST.`);
}

/** Stops listening, and hangs up on whoever is still there after a while. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.closeAllConnections();
      resolve();
    }, CLOSE_TIMEOUT_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
