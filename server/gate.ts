/**
 * The gate in front of SockJS, which checks no origin, bounds no body and offers transports that load
 * scripts from elsewhere. SockJS sees a request only when it is one of the few we want.
 */
import { Server, STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createServer, type Connection } from 'sockjs';
import { PROBLEM_TYPE, Problem, reasonOf } from './errors.ts';
import type { Log } from './log.ts';
import { MAX_MESSAGE_BYTES, SOCKET_PATH } from './protocol.ts';
import { Sockets } from './sockets.ts';

export interface GateOptions {
  /** The only origin that may connect: the console frame's own. */
  origin: string;
  log: Log;
  /** Open WebSockets at the most. */
  maxSockets: number;
  onConnection: (connection: Connection) => void;
}

export interface Gate {
  /** Takes a request below the socket's path; false leaves it to others. */
  request(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes or refuses every upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** What SockJS may see: the transport, for the paths that carry one. */
const ALLOWED = new RegExp(
  `^${SOCKET_PATH}/(?:info|\\d{3}/[\\w-]{8,64}/(xhr|xhr_streaming|xhr_send|websocket))$`,
);

/** A poll has no body; some clients send an empty one with a few bytes of framing. */
const MAX_POLL_BODY_BYTES = 1_024;

/** The session's id stands in the path, and whoever has it can speak for an XHR client. */
const SESSION_ID = /(\/\d{3}\/)[^/\s]+/g;

/** Makes the gate and the SockJS server behind it. */
export function createGate({ origin, log, maxSockets, onConnection }: GateOptions): Gate {
  // SockJS installs itself on a server; on this one, which never listens, only the gate can reach it.
  const inner = new Server();
  const options = {
    prefix: SOCKET_PATH,
    disable_cors: true,
    jsessionid: false,
    websocket: true,
    heartbeat_delay: 25_000,
    disconnect_delay: 5_000,
    response_limit: 128 * 1024,
    faye_server_options: { maxLength: MAX_MESSAGE_BYTES },
    log: (severity: string, line: string) =>
      log.debug({ severity, line: line.replace(SESSION_ID, '$1…') }, 'sockjs'),
  };
  const sockjs = createServer(options);
  const sockets = new Sockets(maxSockets);
  sockjs.on('connection', (connection: Connection | null) => {
    // A client that closes with the very packet that opens leaves none.
    if (!connection) return;
    sockets.adopt(connection);
    try {
      onConnection(connection);
    } catch (error) {
      log.error({ problem: reasonOf(error) }, 'a connection could not be taken');
      connection.destroy();
    }
  });
  sockjs.installHandlers(inner);

  return {
    request(request, response) {
      const path = pathOf(request);
      if (path !== SOCKET_PATH && !path.startsWith(`${SOCKET_PATH}/`)) return false;
      const refusal = refuseRequest(request, origin);
      if (refusal) {
        writeRefusal(response, refusal);
      } else {
        // Answers are JavaScript by name: no other site may run or read them.
        response.setHeader('X-Content-Type-Options', 'nosniff');
        response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
        inner.emit('request', request, response);
      }
      return true;
    },
    upgrade(request, socket, head) {
      // From here on nobody else listens, and an unheard error ends the process.
      socket.on('error', (error) => log.debug({ problem: reasonOf(error) }, 'socket'));
      const refusal = refuseUpgrade(request, origin) ?? sockets.take(request, socket, head);
      if (refusal) refuseSocket(socket, refusal);
      else inner.emit('upgrade', request, socket, head);
    },
  };
}

function refuseRequest(request: IncomingMessage, origin: string): Problem | undefined {
  const match = ALLOWED.exec(pathOf(request));
  const transport = match?.[1];
  if (!match || transport === 'websocket') return notFound();
  if (request.method !== (transport === undefined ? 'GET' : 'POST')) return notFound();
  if (request.headers.origin !== undefined && request.headers.origin !== origin) return foreign();
  if (transport === undefined) return undefined;
  if (request.headers['transfer-encoding'] !== undefined) return lengthRequired();
  const length = request.headers['content-length'];
  if (transport === 'xhr_send' && length === undefined) return lengthRequired();
  const most = transport === 'xhr_send' ? MAX_MESSAGE_BYTES : MAX_POLL_BODY_BYTES;
  if (Number(length ?? 0) <= most) return undefined;
  return new Problem(413, 'too-large', `The body is larger than ${most} bytes.`);
}

/** A browser always names the origin of a WebSocket, so that a missing one is refused as well. */
function refuseUpgrade(request: IncomingMessage, origin: string): Problem | undefined {
  if (ALLOWED.exec(pathOf(request))?.[1] !== 'websocket') return notFound();
  if (request.method !== 'GET') return notFound();
  if (request.headers.origin !== origin) return foreign();
  // The drafts before RFC 6455 take other paths through the library, which nobody needs.
  if (request.headers['sec-websocket-version'] === '13') return undefined;
  return new Problem(400, 'websocket', 'Only WebSocket version 13 is spoken here.');
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '';
}

function notFound(): Problem {
  return new Problem(404, 'not-found', 'There is nothing here.');
}

function foreign(): Problem {
  return new Problem(403, 'origin', 'Only the console page itself may connect.');
}

function lengthRequired(): Problem {
  return new Problem(411, 'length-required', 'The body needs a Content-Length.');
}

/** Answers and hangs up, so that a body on its way is never read. */
function writeRefusal(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, {
    'Content-Type': PROBLEM_TYPE,
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(JSON.stringify(problem));
}

function refuseSocket(socket: Duplex, problem: Problem): void {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
