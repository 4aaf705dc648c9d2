/** What the parts of the server share, made once and passed down. */
import { createAddressKey, type Addressed } from './address.ts';
import { Admission } from './admission.ts';
import { loadAdminToken } from './admin-token.ts';
import type { Config } from './config.ts';
import { Dialer } from './dial.ts';
import { KillSwitch } from './kill-switch.ts';
import type { Listeners } from './listen.ts';
import { Names } from './names.ts';
import { createAddressHash, createLog, type Log } from './log.ts';
import { Pending } from './pending.ts';
import { Sessions } from './sessions.ts';
import { demoSites, readSites, type Sites } from './sites.ts';
import { consoleUrlOf, docsUrlOf } from './urls.ts';
import { Visitors } from './visitor.ts';

export interface Context {
  config: Config;
  log: Log;
  /** The console server's origin as browsers see it. */
  consoleUrl: string;
  /** The documentation page's origin, where it is served. */
  docsUrl: string | undefined;
  sites: Sites;
  killSwitch: KillSwitch;
  adminToken: string;
  visitors: Visitors;
  pending: Pending;
  admission: Admission;
  sessions: Sessions;
  /** Whom a limit counts for a request. */
  addressKey: (request: Addressed) => string;
  /** How the log names such a key. */
  addressHash: (addressKey: string) => string;
}

/** Makes the context. @throws StartError when a file it needs is missing or damaged */
export async function createContext(config: Config, listeners: Listeners): Promise<Context> {
  const log = createLog(config.logLevel);
  const consoleUrl = consoleUrlOf(config, listeners.console.port);
  const docsUrl = listeners.docs && docsUrlOf(config, listeners.docs.port);
  const sites = config.sitesFile ? await readSites(config.sitesFile) : demoSites(docsUrl);
  const killSwitch = await KillSwitch.load(config.stateDir, log);
  const adminToken = config.adminToken ?? (await loadAdminToken(config.stateDir));
  const sessions = new Sessions(config, log, new Dialer(new Names()));
  killSwitch.on('change', (position) => {
    log.warn({ position }, 'kill switch moved');
    if (position === 'off') sessions.endAll({ reason: 'off' });
  });
  return {
    config,
    log,
    consoleUrl,
    docsUrl,
    sites,
    killSwitch,
    adminToken,
    sessions,
    visitors: new Visitors(config.tokenTtlMs),
    // A client authenticates at once: an address needs no more than it may have consoles, twice over
    // for those that are just being replaced.
    pending: new Pending(config.maxPending, 2 * config.maxSessionsPerAddress),
    admission: new Admission({ config, sites, killSwitch, log }),
    addressKey: createAddressKey(config.trustedProxies),
    addressHash: createAddressHash(),
  };
}
