/**
 * Every sentence a visitor reads, in English, by what it is for. A further language is a further
 * table of the same type. The wire carries codes only; they become prose here.
 */
import type { CloseReason, End, Limit, Notice } from '../server/protocol.ts';

/** What the documentation page shows. */
export const LAUNCHER_TEXT = {
  launch: 'Launch interactive shell',
  frameTitle: 'Interactive console',
  loading: 'Opening a console…',
  unreachable: 'The console cannot be reached. Please try again later.',
};

/** What the frame shows around the terminal. */
export const FRAME_TEXT = {
  title: 'Console',
  connecting: 'Connecting…',
  starting: 'Starting…',
  running: 'Running',
  ended: 'Stopped',
  fullPage: 'Open full page',
  newTab: '(in a new tab)',
  close: 'Close console',
  leave: 'Ctrl+Shift+. leaves the terminal',
  tooMuch: 'That was too much to paste at once. Nothing of it was sent.',
};

/** What a visitor reads of a limit, and then what can be done; the amount comes in between. */
const LIMIT_TEXT: Record<Limit, { what: string; unit?: string; then: string }> = {
  memory: { what: 'A program was killed: out of memory', unit: ' MB', then: '' },
  disk: { what: 'Nothing more can be saved: disk full', then: 'Deleting files makes room.' },
  processes: {
    what: 'Nothing more can be started: too many processes',
    then: 'Ending some makes room.',
  },
  cpu: {
    what: 'This console is now in the slow lane: CPU allowance used',
    then: 'It goes on slowly.',
  },
  network: { what: 'Nothing can be reached from here: no network', then: '' },
};

/** What a visitor may do about an end: start afresh, try what was refused once more, or neither. */
type Remedy = 'restart' | 'retry' | 'none';

const END_TEXT: Record<CloseReason, { what: string; remedy: Remedy }> = {
  off: { what: 'Consoles are switched off at the moment.', remedy: 'retry' },
  full: { what: 'All consoles are in use at the moment.', remedy: 'retry' },
  rate: {
    what: 'Too many consoles are open or were started just now from your network. Closing one helps.',
    remedy: 'retry',
  },
  site: { what: 'This page is not set up for consoles.', remedy: 'none' },
  environment: { what: 'This page asks for a console that the server lacks.', remedy: 'none' },
  token: { what: 'This page was open for too long to start a console.', remedy: 'retry' },
  protocol: { what: 'The console and the server did not understand each other.', remedy: 'retry' },
  silent: { what: 'The connection was too slow to start a console.', remedy: 'retry' },
  stalled: { what: 'The connection was too slow for the output.', remedy: 'restart' },
  exit: { what: 'The program has ended.', remedy: 'restart' },
  memory: { what: 'The console was killed: out of memory', remedy: 'restart' },
  idle: { what: 'The console ended because nothing was typed for a while.', remedy: 'restart' },
  limit: { what: 'The console reached its time limit.', remedy: 'restart' },
  maintenance: { what: 'The server is being restarted.', remedy: 'retry' },
  lost: { what: 'The connection to the console is lost.', remedy: 'restart' },
  fault: { what: 'Something went wrong on our side.', remedy: 'retry' },
};

const REMEDY_TEXT = {
  restart: { next: 'Press Enter to start a new console.', action: 'New console' },
  retry: { next: 'Press Enter to try again.', action: 'Try again' },
};

/** An end as a visitor reads it. */
export interface EndText {
  what: string;
  /** What to do now, and the name of the button that does it; absent where nothing would help. */
  remedy?: { next: string; action: string };
}

/** Says why a console ended, how, and what can be done. */
export function describeEnd(end: End): EndText {
  const { what, remedy } = END_TEXT[end.reason];
  const sentences = [end.reason === 'memory' ? withAmount(what, end.amount, ' MB') : what];
  if (end.exitCode !== undefined) sentences.push(`Exit code ${end.exitCode}.`);
  if (end.signal !== undefined) sentences.push(`It was stopped by ${end.signal}.`);
  if (end.retryAfterMs !== undefined) sentences.push(describeWait(end.retryAfterMs));
  const text: EndText = { what: sentences.join(' ') };
  if (remedy !== 'none') text.remedy = REMEDY_TEXT[remedy];
  return text;
}

/** Says which limit was met, and what can be done. */
export function describeNotice({ limit, amount }: Notice): string {
  const { what, unit, then } = LIMIT_TEXT[limit];
  return `${withAmount(what, amount, unit)} ${then}`.trimEnd();
}

function withAmount(what: string, amount: number | undefined, unit = ''): string {
  return amount === undefined ? `${what}.` : `${what} (${amount}${unit}).`;
}

/** Rounds up, in the unit that a person would use: trying earlier would be in vain. */
function describeWait(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return `It may work in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  return `It may work in ${Math.ceil(seconds / 60)} minutes.`;
}
