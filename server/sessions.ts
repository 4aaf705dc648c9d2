/** The living sessions of this node. As many as there are leases of admission, and so bounded. */
import type { Config } from './config.ts';
import type { Dialer } from './dial.ts';
import type { Log } from './log.ts';
import type { End, Size } from './protocol.ts';
import { Proxy } from './proxy.ts';
import { Session, type SessionClient } from './session.ts';
import type { Visitor } from './visitor.ts';

export interface SessionRequest {
  visitor: Visitor;
  /** The visitor's address as the log may show it. */
  addressHash: string;
  size: Size;
  /** The room the session takes; it is given back when nothing of its sandbox is left. */
  lease: { release(): void };
  client: Omit<SessionClient, 'gone'>;
}

/** Starts sessions and knows those that live. */
export class Sessions {
  readonly #config: Config;
  readonly #log: Log;
  readonly #dialer: Dialer;
  readonly #living = new Set<Session>();

  constructor(config: Config, log: Log, dialer: Dialer) {
    this.#config = config;
    this.#log = log;
    this.#dialer = dialer;
  }

  get count(): number {
    return this.#living.size;
  }

  /** Starts a session; it leaves the registry, and gives its room back, by itself. */
  start({ visitor, addressHash, size, lease, client }: SessionRequest): Session {
    const log = this.#log.child({ visitor: visitor.id, site: visitor.site, address: addressHash });
    const startedAt = Date.now();
    const { sandboxSocket: socketPath, ...config } = this.#config;
    const session = new Session(
      {
        ...config,
        socketPath,
        environment: visitor.environment,
        size,
        createProxy: ({ hosts, limits }) =>
          new Proxy({ hosts, allowanceMb: limits.network_mb, dialer: this.#dialer, log }),
      },
      {
        running: () => {
          log.info({ ms: Date.now() - startedAt }, 'session runs');
          client.running();
        },
        write: (text) => client.write(text),
        acked: (messages) => client.acked(messages),
        noticed: (notice) => {
          log.info(notice, 'limit met');
          client.noticed(notice);
        },
        ended: (end, detail) => {
          this.#living.delete(session);
          const level = end.reason === 'fault' ? 'error' : 'info';
          log[level]({ ...end, detail, ms: Date.now() - startedAt }, 'session ended');
          client.ended(end);
        },
        // Not earlier: the next visitor would be promised a slot that the daemon still sweeps.
        gone: () => lease.release(),
      },
    );
    this.#living.add(session);
    return session;
  }

  /** Ends every living session. */
  endAll(end: End): void {
    for (const session of this.#living) session.end(end);
  }
}
