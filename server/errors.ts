/** The two kinds of error that carry a plain sentence: one stops the start, one refuses a request. */

/** The server cannot start. Each problem names what is wrong, its value and the remedy. */
export class StartError extends Error {
  constructor(...problems: string[]) {
    super(problems.join('\n'));
    this.name = 'StartError';
  }
}

/** A request is refused; `detail` is shown to the caller as it is. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** When trying again may help, in ms from now. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, detail: string, retryAfterMs?: number) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** The body of the problem document. */
  toJSON(): { status: number; code: string; detail: string } {
    return { status: this.status, code: this.code, detail: this.message };
  }
}

/** The media type of a problem document (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json';

/** What an error was, for a log line or a sentence; never its stack. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error of the operating system has this code, such as "ENOENT". */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
