/**
 * The one place that decides whether a console may start. Every face asks it: the health URL, the
 * console page, the socket.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from './config.ts';
import { isDaemonReady } from './daemon-probe.ts';
import { reasonOf } from './errors.ts';
import type { KillSwitch } from './kill-switch.ts';
import type { Log } from './log.ts';
import type { End, HealthStatus } from './protocol.ts';
import type { Sites } from './sites.ts';

/** How long an answer about the daemon counts, in ms: so often at most a ping reaches it. */
const PROBE_EVERY_MS = 1_000;

/** When to come back to a full node, in ms: consoles end at any time, so this only spreads. */
const FULL_RETRY_MS = 30_000;

/** The key under which all consoles of the node are counted. */
const ALL = 'all';

/** Gives one point back. */
type Undo = () => Promise<void>;

/** The room of one console. */
export interface Lease {
  /** Gives the room back; a second call does nothing. */
  release(): void;
}

export type Admitted = { lease: Lease } | { refused: End };

export interface AdmissionOptions {
  config: Pick<
    Config,
    'maxSessions' | 'maxSessionsPerAddress' | 'launchesPerMinute' | 'sandboxSocket'
  >;
  sites: Sites;
  killSwitch: KillSwitch;
  log: Log;
}

/** Counts consoles and launches. A refusal counts nothing. */
export class Admission {
  readonly #options: AdmissionOptions;
  /** Living consoles. A duration of 0 means that a count lasts until it is given back. */
  readonly #total: RateLimiterMemory;
  readonly #perAddress: RateLimiterMemory;
  /** Launches by address; an entry goes by itself after the minute. */
  readonly #launches: RateLimiterMemory;
  /** The daemon's last answer for each environment that a site names. */
  readonly #probes = new Map<string, { askedAt: number; isReady: Promise<boolean> }>();

  constructor(options: AdmissionOptions) {
    const { maxSessions, maxSessionsPerAddress, launchesPerMinute } = options.config;
    this.#options = options;
    this.#total = new RateLimiterMemory({ points: maxSessions, duration: 0 });
    this.#perAddress = new RateLimiterMemory({ points: maxSessionsPerAddress, duration: 0 });
    this.#launches = new RateLimiterMemory({ points: launchesPerMinute, duration: 60 });
  }

  /** Takes the room for a console of a site at an address, or says why there is none. */
  async admit(site: string, addressKey: string): Promise<Admitted> {
    const closed = this.#closed(site);
    if (closed) return { refused: closed };
    const taken: Undo[] = [];
    try {
      const refused =
        (await this.#take(addressKey, taken)) ??
        // The switch may have moved while the limits were asked.
        this.#closed(site);
      if (!refused) return { lease: this.#lease(taken) };
      await undoAll(taken);
      return { refused };
    } catch (error) {
      this.#options.log.error({ problem: reasonOf(error) }, 'the limits could not be read');
      this.#report(undoAll(taken));
      return { refused: { reason: 'fault' } };
    }
  }

  /** Why no console of this site would start now, whoever asks; undefined if one would. */
  async refusal(site: string): Promise<End | undefined> {
    const closed = this.#closed(site);
    if (closed) return closed;
    const living = (await this.#total.get(ALL))?.consumedPoints ?? 0;
    if (living >= this.#options.config.maxSessions) return fullEnd();
    const environment = this.#options.sites.get(site)?.environment ?? '';
    return (await this.#isReady(environment)) ? undefined : { reason: 'fault' };
  }

  /** The same as the health URL says it. */
  async health(site: string): Promise<HealthStatus> {
    const reason = (await this.refusal(site))?.reason ?? 'ok';
    return reason === 'ok' || reason === 'off' || reason === 'full' || reason === 'site'
      ? reason
      : 'fault';
  }

  /** Takes what a console needs, the launch first: it alone is not given back at the end. */
  async #take(addressKey: string, taken: Undo[]): Promise<End | undefined> {
    const launch = await take(this.#launches, addressKey, taken);
    if (launch) return { reason: 'rate', retryAfterMs: launch.msBeforeNext };
    if (await take(this.#perAddress, addressKey, taken)) return { reason: 'rate' };
    return (await take(this.#total, ALL, taken)) && fullEnd();
  }

  #lease([, ...room]: Undo[]): Lease {
    return { release: () => this.#report(undoAll(room.splice(0))) };
  }

  #closed(site: string): End | undefined {
    if (!this.#options.sites.has(site)) return { reason: 'site' };
    return this.#options.killSwitch.position === 'on' ? undefined : { reason: 'off' };
  }

  #isReady(environment: string): Promise<boolean> {
    const last = this.#probes.get(environment);
    if (last && Date.now() - last.askedAt < PROBE_EVERY_MS) return last.isReady;
    const isReady = isDaemonReady(this.#options.config.sandboxSocket, environment);
    this.#probes.set(environment, { askedAt: Date.now(), isReady });
    return isReady;
  }

  #report(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.log.error({ problem: reasonOf(error) }, 'a limit could not be given back');
    });
  }
}

/**
 * Takes one point, and notes how to give it back.
 * @returns undefined when it was there, else the limiter's answer, and then nothing was taken
 * @throws the store's error, which is a failure of ours and no refusal
 */
async function take(
  limiter: RateLimiterMemory,
  key: string,
  taken: Undo[],
): Promise<RateLimiterRes | undefined> {
  const undo = async () => {
    const { consumedPoints } = await limiter.reward(key);
    // A count without an end would stay for every address that ever came.
    if (consumedPoints <= 0) await limiter.delete(key);
  };
  try {
    await limiter.consume(key);
    taken.push(undo);
    return undefined;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    // The limiter has counted the attempt as well.
    await undo();
    return refusal;
  }
}

async function undoAll(taken: Undo[]): Promise<void> {
  await Promise.all(taken.map((undo) => undo()));
}

function fullEnd(): End {
  return { reason: 'full', retryAfterMs: FULL_RETRY_MS };
}
