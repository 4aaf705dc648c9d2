/**
 * Structured logs on standard output, one JSON object a line. No line may hold a token, keystrokes,
 * output or an address in clear.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { pino, type Logger } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Makes the log. */
export function createLog(level: (typeof LOG_LEVELS)[number]): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/**
 * Makes the function that turns an address into a name for the log. Its key is made at start and
 * forgotten at the end: one address keeps its name within a run, and no table can undo it.
 */
export function createAddressHash(): (addressKey: string) => string {
  const key = randomBytes(32);
  return (addressKey) => createHmac('sha256', key).update(addressKey).digest('hex').slice(0, 12);
}
