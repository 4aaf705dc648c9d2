/**
 * The wire contract between a documentation page and the console's iframe: postMessage objects.
 *
 * Both ends check origin and source before they look inside; every message carries its type and a
 * version, so that a page may keep an old loader while the server moves on.
 */

/** Raised when a message changes its meaning. */
export const VERSION = 1;

/** What the frame tells the page. */
export type FrameMessage =
  /** The frame loads its page again, as the visitor asked, and is mute until it has. */
  | { type: 'try-console:loading'; version: number }
  /** The frame's script runs: from here on the frame itself tells the visitor what happens. */
  | { type: 'try-console:loaded'; version: number }
  /** The visitor sees a prompt. */
  | { type: 'try-console:open'; version: number }
  /** The visitor asked for the code sample back. */
  | { type: 'try-console:close'; version: number };

/** Reads a message of the frame; undefined where it is none of ours or of another version. */
export function readFrameMessage(data: unknown): FrameMessage | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { type, version } = data as Record<string, unknown>;
  if (version !== VERSION) return undefined;
  switch (type) {
    case 'try-console:loading':
    case 'try-console:loaded':
    case 'try-console:open':
    case 'try-console:close':
      return { type, version };
    default:
      return undefined;
  }
}
