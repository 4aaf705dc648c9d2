/**
 * Names to addresses, for all sessions at once. Only names that an operator has listed come here, so
 * that there are few; each is asked for once at a time, however many visitors wait for it.
 */
import { lookup } from 'node:dns/promises';

/**
 * Questions at once. Each holds one of the four threads that Node has for files as well, for as long
 * as a name server is silent.
 */
const AT_ONCE = 2;

/** How long an answer is taken for the next visitors too, in ms. */
const FRESH_MS = 10_000;

/** All addresses of a name, in the order in which they are to be tried. Rejects where it has none. */
export type Lookup = (host: string) => Promise<string[]>;

/** As the host's own programs resolve, /etc/hosts included. */
const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** Resolves names, with answers that are shared for a moment. */
export class Names {
  readonly #lookup: Lookup;
  /** By name; failures are shared like answers. */
  readonly #answers = new Map<string, Promise<string[]>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(lookup: Lookup = systemLookup) {
    this.#lookup = lookup;
  }

  /** The addresses of a name; the caller checks them, and bounds its own waiting. */
  resolve(host: string): Promise<string[]> {
    const known = this.#answers.get(host);
    if (known) return known;
    const answer = this.#ask(host);
    this.#answers.set(host, answer);
    const forget = () => this.#answers.delete(host);
    answer.catch(() => undefined).finally(() => setTimeout(forget, FRESH_MS).unref());
    return answer;
  }

  async #ask(host: string): Promise<string[]> {
    if (this.#running >= AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await this.#lookup(host);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
