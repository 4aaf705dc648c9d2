/**
 * How the messages of the wire contract look as strings.
 *
 * Every SockJS message is one string: a character that names its kind, then the payload. Output and
 * input travel as plain text behind that character, because SockJS already escapes the whole string
 * once and a second JSON layer would double the cost of every escape sequence. Like the contract, it
 * is typechecked against Node alone and against the DOM alone.
 */
import {
  CELLS,
  CLOSE_REASONS,
  LIMITS,
  MAX_INPUT_UNITS,
  type ClientMessage,
  type CloseReason,
  type End,
  type Limit,
  type Notice,
  type ServerMessage,
  type Size,
} from './protocol.ts';

/** Writes a message of the browser as a string for the wire. */
export function encodeClient(message: ClientMessage): string {
  switch (message.kind) {
    case 'auth':
      return 't' + JSON.stringify({ token: message.token, ...message.size });
    case 'input':
      return 'i' + message.data;
    case 'resize':
      return `r${message.size.cols}x${message.size.rows}`;
    case 'ack':
      return `a${message.messages}`;
  }
}

/**
 * Reads a message of the browser, which is hostile until proven otherwise.
 * @returns undefined where it is malformed or a number is out of range.
 */
export function decodeClient(raw: unknown): ClientMessage | undefined {
  if (typeof raw !== 'string') return undefined;
  const payload = raw.slice(1);
  switch (raw[0]) {
    case 't': {
      const fields = parseObject(payload);
      const size = toSize(fields?.cols, fields?.rows);
      if (typeof fields?.token !== 'string' || !size) return undefined;
      return { kind: 'auth', token: fields.token, size };
    }
    case 'i':
      return payload.length > 0 && payload.length <= MAX_INPUT_UNITS
        ? { kind: 'input', data: payload }
        : undefined;
    case 'r': {
      const match = /^(\d{1,4})x(\d{1,4})$/.exec(payload);
      const size = match ? toSize(Number(match[1]), Number(match[2])) : undefined;
      return size && { kind: 'resize', size };
    }
    case 'a': {
      const messages = toCount(payload);
      return messages === undefined ? undefined : { kind: 'ack', messages };
    }
    default:
      return undefined;
  }
}

/** Writes a message of the server as a string for the wire. */
export function encodeServer(message: ServerMessage): string {
  switch (message.kind) {
    case 'ready':
      return 'y';
    case 'running':
      return 'g';
    case 'output':
      return 'o' + message.data;
    case 'ack':
      return `a${message.messages}`;
    case 'notice':
      return 'n' + JSON.stringify({ limit: message.limit, amount: message.amount });
    case 'end':
      return 'e' + JSON.stringify(message.end);
  }
}

/**
 * Reads a message of the server.
 * @returns undefined where it is of a kind that this version does not know.
 */
export function decodeServer(raw: unknown): ServerMessage | undefined {
  if (typeof raw !== 'string') return undefined;
  const payload = raw.slice(1);
  switch (raw[0]) {
    case 'y':
      return { kind: 'ready' };
    case 'g':
      return { kind: 'running' };
    case 'o':
      return { kind: 'output', data: payload };
    case 'a': {
      const messages = toCount(payload);
      return messages === undefined ? undefined : { kind: 'ack', messages };
    }
    case 'n': {
      const notice = toNotice(parseObject(payload));
      return notice && { kind: 'notice', ...notice };
    }
    case 'e': {
      const end = toEnd(parseObject(payload));
      return end && { kind: 'end', end };
    }
    default:
      return undefined;
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function toSize(cols: unknown, rows: unknown): Size | undefined {
  if (!isWithin(cols, CELLS.minCols, CELLS.maxCols)) return undefined;
  if (!isWithin(rows, CELLS.minRows, CELLS.maxRows)) return undefined;
  return { cols, rows };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function toCount(text: string): number | undefined {
  return /^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined;
}

function toNotice(fields: Record<string, unknown> | undefined): Notice | undefined {
  if (typeof fields?.limit !== 'string' || !Object.hasOwn(LIMITS, fields.limit)) return undefined;
  const notice: Notice = { limit: fields.limit as Limit };
  if (typeof fields.amount === 'number') notice.amount = fields.amount;
  return notice;
}

function toEnd(fields: Record<string, unknown> | undefined): End | undefined {
  if (typeof fields?.reason !== 'string' || !(fields.reason in CLOSE_REASONS)) return undefined;
  const end: End = { reason: fields.reason as CloseReason };
  if (typeof fields.exitCode === 'number') end.exitCode = fields.exitCode;
  if (typeof fields.signal === 'string') end.signal = fields.signal;
  if (typeof fields.amount === 'number') end.amount = fields.amount;
  if (typeof fields.retryAfterMs === 'number') end.retryAfterMs = fields.retryAfterMs;
  return end;
}
