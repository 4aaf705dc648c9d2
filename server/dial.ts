/** Connects to a host that is listed: resolves its name once, checks every address, and uses one of those. */
import { connect, type Socket } from 'node:net';
import type { Names } from './names.ts';
import { Refusal, type Target } from './proxy-target.ts';
import { isPublic } from './public-address.ts';

/** From the question for the name to the connection, in ms. */
const DIAL_MS = 10_000;

/** For one address, in ms; the next one is tried then. */
const ATTEMPT_MS = 4_000;

/** How many addresses are tried. */
const ATTEMPTS = 3;

/** Connects to an address, never to a name. Rejects where it cannot, or when the signal aborts. */
export type Connect = (address: string, port: number, signal: AbortSignal) => Promise<Socket>;

/** Over TCP, with each direction's own end. */
export const connectByTcp: Connect = (address, port, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const giveUp = () => socket.destroy(new Error('given up'));
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.once('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', giveUp);
      socket.off('error', reject);
      resolve(socket);
    });
  });

/** Makes connections for all sessions. */
export class Dialer {
  readonly #names: Names;
  readonly #connect: Connect;

  constructor(names: Names, connect: Connect = connectByTcp) {
    this.#names = names;
    this.#connect = connect;
  }

  /**
   * @param signal gives it up
   * @throws Refusal where the name has no address, one that is not public, or none that answers
   */
  dial(target: Target, signal: AbortSignal): Promise<Socket> {
    return within(DIAL_MS, signal, async (ended) => {
      const { host, port } = target;
      const addresses = await this.#resolve(host, ended);
      // One is enough: a name that leads inside at times is not to be tried for its better ones.
      if (!addresses.every((address) => isPublic(address))) {
        const sentence = `${host} leads to an address that is not of the public internet`;
        throw new Refusal('address', sentence);
      }
      for (const address of addresses.slice(0, ATTEMPTS)) {
        if (ended.aborted) break;
        try {
          return await within(ATTEMPT_MS, ended, (late) => this.#connect(address, port, late));
        } catch {
          // The next one may answer.
        }
      }
      if (ended.aborted) throw new Refusal('late', `${host} did not answer in time`);
      throw new Refusal('unreachable', `${host} cannot be reached`);
    });
  }

  async #resolve(host: string, ended: AbortSignal): Promise<string[]> {
    const addresses = await Promise.race([
      this.#names.resolve(host).catch(() => []),
      new Promise<undefined>((resolve) => {
        ended.addEventListener('abort', () => resolve(undefined), { once: true });
      }),
    ]);
    if (!addresses) throw new Refusal('late', `the address of ${host} was not found in time`);
    if (addresses.length === 0) throw new Refusal('name', `${host} has no address`);
    return addresses;
  }
}

/** Does something with a signal that aborts after so many ms, or when another one does. */
async function within<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const giveUp = () => abort.abort();
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await work(abort.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
