/**
 * The wire contract between the browser's console frame and the console server: what is said, and how much.
 *
 * It is a leaf: it imports nothing and is typechecked against Node alone and against the DOM alone.
 * Order: the client authenticates first and says nothing else until the server answers `ready`.
 */

/** Where the SockJS endpoint lives below the console server's URL. */
export const SOCKET_PATH = '/v1/socket';

/** The largest message either side may send, in UTF-8 bytes; a longer one ends the connection. */
export const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * The largest run of input in one message, in UTF-16 units. A unit is at most 3 bytes of UTF-8 and
 * at most 6 when JSON escapes it, so that a full message stays below {@link MAX_MESSAGE_BYTES}.
 */
export const MAX_INPUT_UNITS = 8 * 1024;

/**
 * How many bytes of output may be on their way to the browser without its acknowledgement. Past it
 * the sandbox stops reading the terminal and the process itself blocks: a stalled reader costs the
 * server this much and no more. 256 KiB kept a server at 61 to 70 MB through 200 MB of output.
 */
export const OUTPUT_WINDOW_BYTES = 256 * 1024;

/** The browser acknowledges output once this many UTF-16 units of it were drawn. */
export const ACK_EVERY_UNITS = 32 * 1024;

/** How many bytes of input may be on their way to the process without its acknowledgement. */
export const INPUT_WINDOW_BYTES = 64 * 1024;

/** Terminal sizes that are accepted, in cells. */
export const CELLS = { minCols: 2, maxCols: 500, minRows: 1, maxRows: 300 } as const;

/** A terminal's size in cells. */
export interface Size {
  cols: number;
  rows: number;
}

/**
 * Why a console was refused or has ended: the only list of them. Each sentence is for the reader of
 * this code; what a visitor reads is made in the browser, in their language, from the code.
 */
export const CLOSE_REASONS = {
  off: 'The kill switch is not "on".',
  full: 'The node has no room for a further console.',
  rate: 'This address has too many consoles, or starts them too often.',
  site: 'The site is not known, or the page is not on one of its origins.',
  environment: 'The environment does not exist on this node.',
  token: 'The proof was wrong, too old or used before.',
  protocol: 'The client broke the protocol: malformed, oversized or out of order.',
  silent: 'The client did not authenticate in time.',
  stalled: 'The client stopped acknowledging output.',
  exit: 'The process ended by itself.',
  memory: 'The process was killed because the sandbox had used up its memory.',
  idle: 'Nothing was typed for too long.',
  limit: 'The session reached its total time.',
  maintenance: 'The server is stopping.',
  lost: 'The connection to the client broke.',
  fault: 'Something failed on our side; the log has it.',
} as const;

/** A code of {@link CLOSE_REASONS}. */
export type CloseReason = keyof typeof CLOSE_REASONS;

/**
 * The limits that a visitor may meet while the console goes on: the only list of them. The sentences
 * are for the reader of this code.
 */
export const LIMITS = {
  memory: 'The memory is used up, and a process was killed for it; the amount is in MB.',
  disk: 'A RAM disk has no room for further bytes or files.',
  processes: 'No further process or thread can be made; the amount is how many there may be.',
  cpu: 'The processor allowance is used up: the sandbox goes on slowly until its end.',
  network: 'A program wanted a network, and there is none.',
} as const;

/** A code of {@link LIMITS}. */
export type Limit = keyof typeof LIMITS;

/** A limit that was met, as the browser gets it. */
export interface Notice {
  limit: Limit;
  /** How much is allowed, in the limit's unit, where that is a number. */
  amount?: number;
}

/** Why a console was refused or ended, as the browser gets it. */
export interface End {
  reason: CloseReason;
  /** The process's exit code, where it ended by itself. */
  exitCode?: number;
  /** The name of the signal that ended the process, such as "SIGKILL". */
  signal?: string;
  /** How much the limit that ended it allows, in its unit: memory in MB. */
  amount?: number;
  /** When trying again may help, in ms from now. */
  retryAfterMs?: number;
}

/** What the browser sends. */
export type ClientMessage =
  | { kind: 'auth'; token: string; size: Size }
  | { kind: 'input'; data: string }
  | { kind: 'resize'; size: Size }
  | { kind: 'ack'; messages: number };

/** What the server sends. */
export type ServerMessage =
  /** The proof was accepted; the sandbox is being made. */
  | { kind: 'ready' }
  /** The process runs and takes input. */
  | { kind: 'running' }
  | { kind: 'output'; data: string }
  /** So many input messages, oldest first, were taken by the process. */
  | { kind: 'ack'; messages: number }
  /** The visitor's programs have met a limit; the console goes on. */
  | ({ kind: 'notice' } & Notice)
  /** The last message of a connection. */
  | { kind: 'end'; end: End };

/**
 * What the health URL answers, as JSON `{ "status": … }`: whether a console would start now.
 * Anything but "ok" means that the page stays as it was.
 */
export type HealthStatus = 'ok' | 'off' | 'full' | 'site' | 'fault';

/** What the console page carries for its script, as JSON in the element with the id below. */
export interface ConsoleBoot {
  /** The single-use proof for the socket, or why no console can start. */
  token?: string;
  refused?: End;
  /** The origin of the page that embeds the frame; absent on the full page. */
  parentOrigin?: string;
}

/** The id of the `<script type="application/json">` that holds the {@link ConsoleBoot}. */
export const BOOT_ELEMENT_ID = 'console-boot';
