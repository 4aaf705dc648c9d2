/**
 * Which of a sandbox's notices a visitor gets to read. A sandbox is hostile: it may say that a limit
 * was met, but neither what the limit is nor as often as it likes.
 */
import type { Limit, Notice } from './protocol.ts';
import type { Facts } from './sandbox-fields.ts';

/** How long a limit is not told again, in ms; a program may meet it in a loop. */
const REPEAT_MS = 10_000;

/** How many may come too early in all: a stall can put some together, and more are a flood. */
const MAX_EARLY = 100;

/** A session's notices. */
export class Notices {
  readonly #amounts: Partial<Record<Limit, number>>;
  /** When each limit was told last, by the clock of `performance`. */
  readonly #toldAt = new Map<Limit, number>();
  #early = 0;

  /** @param limits what the environment's declaration says, by the daemon's own word */
  constructor(limits: Facts['limits']) {
    this.#amounts = { memory: limits.memory_mb, processes: limits.processes };
  }

  /**
   * A limit was met, says the sandbox.
   * @returns what to tell; undefined if that was told just now
   * @throws Error where a sandbox says so without end
   */
  take(limit: Limit): Notice | undefined {
    const now = performance.now();
    const toldAt = this.#toldAt.get(limit);
    // The slow lane is for good.
    const again = limit === 'cpu' ? Infinity : REPEAT_MS;
    if (toldAt !== undefined && now - toldAt < again) {
      this.#early += 1;
      if (this.#early > MAX_EARLY) throw new Error('a flood of notices');
      return undefined;
    }
    this.#toldAt.set(limit, now);
    return { limit, ...this.amountOf(limit) };
  }

  /** How much a limit allows, where that is a number. */
  amountOf(limit: Limit): { amount?: number } {
    const amount = this.#amounts[limit];
    return amount === undefined ? {} : { amount };
  }
}
