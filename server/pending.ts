/** Bounds the sockets that are open and have not authenticated, in all and of one address. */

/** A place among the pending sockets. */
export interface Seat {
  /** Gives the place back; a second call does nothing. */
  release(): void;
}

/** Counts pending sockets. Its map holds an entry per pending socket at most. */
export class Pending {
  readonly #most: number;
  readonly #mostOfAddress: number;
  readonly #byAddress = new Map<string, number>();
  #count = 0;

  /**
   * @param most pending sockets in all
   * @param mostOfAddress so that one address cannot keep all others out
   */
  constructor(most: number, mostOfAddress: number) {
    this.#most = most;
    this.#mostOfAddress = mostOfAddress;
  }

  /** Takes a place, or says what is exhausted. */
  take(addressKey: string): Seat | 'full' | 'rate' {
    const ofAddress = this.#byAddress.get(addressKey) ?? 0;
    if (ofAddress >= this.#mostOfAddress) return 'rate';
    if (this.#count >= this.#most) return 'full';
    this.#add(addressKey, 1);
    let held = true;
    return {
      release: () => {
        if (held) this.#add(addressKey, -1);
        held = false;
      },
    };
  }

  #add(addressKey: string, change: number): void {
    this.#count += change;
    const ofAddress = (this.#byAddress.get(addressKey) ?? 0) + change;
    if (ofAddress > 0) this.#byAddress.set(addressKey, ofAddress);
    else this.#byAddress.delete(addressKey);
  }
}
