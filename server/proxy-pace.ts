/** The pace at which one session's connections to the proxy begin: a burst at once, then one by one. */

/** A burst of so many connections is served at once; past it one every so many ms. */
const BURST = 64;
const PACE_MS = 50;

/** Who waits, the longest first, behind one timer. It holds no more than there are living connections. */
export class Pace {
  readonly #waiting = new Map<object, () => void>();
  /** When the next one may begin, by the monotonic clock, in ms. Only those that begin push it on. */
  #nextAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Does the work now, or when its turn comes, unless its owner has left by then. */
  add(owner: object, begin: () => void): void {
    this.#waiting.set(owner, begin);
    if (!this.#timer) this.#serve();
  }

  /** The owner is gone. It has used up nobody's turn if it has not begun. */
  leave(owner: object): void {
    this.#waiting.delete(owner);
    if (this.#waiting.size === 0) this.#stop();
  }

  #serve(): void {
    this.#stop();
    for (const [owner, begin] of this.#waiting) {
      const now = performance.now();
      const next = Math.max(this.#nextAt, now - BURST * PACE_MS) + PACE_MS;
      if (next > now) {
        this.#timer = setTimeout(() => this.#serve(), next - now).unref();
        return;
      }
      this.#nextAt = next;
      this.#waiting.delete(owner);
      begin();
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
