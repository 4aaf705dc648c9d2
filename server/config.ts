/** The server's options: the only file that reads the environment, and the only list of options. */
import { resolve } from 'node:path';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';
import { StartError } from './errors.ts';
import { LOG_LEVELS } from './log.ts';

const PREFIX = 'TRY_CONSOLE_';

/** The longest path that fits a unix socket's address, in bytes (sun_path less its NUL). */
const MAX_SOCKET_PATH_BYTES = 107;

/** A day; a timer of Node overflows at 2^31 ms, and no session should need a tenth of that. */
const DAY_MS = 86_400_000;

/** As many sandboxes as the daemon has user ids for. */
const MAX_SLOTS = 2047;

/** Two defaults that give way where their bound is set lower. */
const MAX_SESSIONS_PER_ADDRESS = 4;
const IDLE_TIMEOUT_MS = 900_000;

/** Every option. The variable is the name in capitals: `docsPort` is TRY_CONSOLE_DOCS_PORT. */
const OPTIONS = z.object({
  /** The address that both listeners bind to. */
  host: text('127.0.0.1'),
  /** The console server's TCP port; 0 takes a free one. */
  port: whole(8100, 0, 65_535),
  /**
   * The documentation page's TCP port; 0 takes a free one, the empty string serves no such page. With a sites file
   * there is none by default: the page is on no site's list.
   */
  docsPort: z.union([z.literal('').transform(() => undefined), whole(8101, 0, 65_535)]),
  /** The console server's origin as browsers see it. Default: from host and port. */
  publicUrl: bareOrigin(),
  /** The unix socket of the sandbox daemon. */
  sandboxSocket: path('/run/try-console/sandbox.sock').refine(
    (path) => Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES,
    `give a path of at most ${MAX_SOCKET_PATH_BYTES} bytes`,
  ),
  /** Where the kill switch, its audit trail and the admin token are kept. Needs to be writable. */
  stateDir: path('/var/lib/try-console/server'),
  /** The folder with the built `embed/` and `docs/`. Default: the one above the bundle's. */
  webDir: path(resolve(import.meta.dirname, '..')),
  /** The JSON file of the sites. Default: one site, "demo", on the documentation page's origin. */
  sitesFile: z
    .string()
    .transform((value) => resolve(value))
    .optional(),
  /** Declarations of environments beside those that are shipped; it need not be there. */
  environmentsFolder: path('/etc/try-console/environments'),
  /** Whose X-Forwarded-For is believed: a comma list of CIDRs. Default: nobody's. */
  trustedProxies: proxies(),
  /** What the kill switch's HTTP call must present. Default: made at the first start, in stateDir. */
  adminToken: z.string().min(16, 'give at least 16 characters').optional(),
  /** Living consoles in all. */
  maxSessions: whole(50, 1, MAX_SLOTS),
  /** Living consoles of one address (IPv6: of one /64); by default no more than in all. */
  maxSessionsPerAddress: whole(MAX_SESSIONS_PER_ADDRESS, 1, 10_000),
  /** Consoles that one address may start in a minute. */
  launchesPerMinute: whole(20, 1, 10_000),
  /** Sockets in all that have not authenticated yet. */
  maxPending: whole(200, 1, 100_000),
  /** A session ends when nothing was typed for so long, in ms; by default no longer than in all. */
  idleTimeoutMs: whole(IDLE_TIMEOUT_MS, 100, DAY_MS),
  /** A session ends after so long in all, in ms. */
  sessionTimeoutMs: whole(3_600_000, 100, DAY_MS),
  /** A socket that has not authenticated is closed after so long, in ms. */
  authTimeoutMs: whole(10_000, 100, DAY_MS),
  /** How long the proof in a console page may be used, in ms; rounded up to whole seconds. */
  tokenTtlMs: whole(60_000, 1_000, DAY_MS),
  /** A client that owes acknowledgements and sends none for so long is ended, in ms. */
  stallTimeoutMs: whole(30_000, 100, DAY_MS),
  /** The least level that is logged. */
  logLevel: z.enum(LOG_LEVELS, `give one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

export type Config = z.output<typeof OPTIONS>;

/** The environment as it is: option names to strings. */
export type Env = Record<string, string | undefined>;

/** Takes the environment of this process. */
export function readEnv(): Env {
  return { ...process.env };
}

/**
 * Makes the configuration of an environment.
 * @throws StartError with every problem at once: the option, its value, the remedy.
 */
export function toConfig(env: Env): Config {
  const names = Object.keys(OPTIONS.shape);
  const given = names.map((name) => [name, valueOf(env, name)] as const);
  const parsed = OPTIONS.safeParse(Object.fromEntries(given));
  const problems = parsed.success
    ? contradictions(parsed.data)
    : parsed.error.issues.map(({ path, message }) => sentence(env, String(path[0]), message));
  if (!parsed.success || problems.length > 0) throw new StartError(...problems);
  return parsed.data;
}

/** Relations between options that each are fine alone. */
function contradictions(config: Config): string[] {
  const problems: string[] = [];
  const atMost = (name: keyof Config, bound: keyof Config) => {
    if (Number(config[name]) <= Number(config[bound])) return;
    const remedy = `give at most ${variable(bound)}, which is ${String(config[bound])}`;
    problems.push(`${variable(name)} is ${String(config[name])}: ${remedy}.`);
  };
  atMost('maxSessionsPerAddress', 'maxSessions');
  atMost('idleTimeoutMs', 'sessionTimeoutMs');
  if (config.port !== 0 && config.port === config.docsPort) {
    const remedy = `give another port than ${variable('port')}`;
    problems.push(`${variable('docsPort')} is ${config.docsPort}: ${remedy}.`);
  }
  return problems;
}

function valueOf(env: Env, name: string): string | undefined {
  const value = env[variable(name)];
  if (name === 'docsPort') return value ?? (env[variable('sitesFile')] ? '' : undefined);
  if (value) return value;
  if (name === 'maxSessionsPerAddress') return lower(env, 'maxSessions', MAX_SESSIONS_PER_ADDRESS);
  if (name === 'idleTimeoutMs') return lower(env, 'sessionTimeoutMs', IDLE_TIMEOUT_MS);
  return undefined;
}

/** The value of another option where it is lower than a default. */
function lower(env: Env, bound: string, fallback: number): string | undefined {
  const value = env[variable(bound)];
  return value && Number(value) < fallback ? value : undefined;
}

function variable(name: string): string {
  return PREFIX + name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase();
}

function sentence(env: Env, name: string, remedy: string): string {
  const value = name === 'adminToken' ? 'not shown' : JSON.stringify(valueOf(env, name));
  return `${variable(name)} is ${value}: ${remedy}.`;
}

function text(fallback: string) {
  return z.string().default(fallback);
}

/** Absolute, because processes with other working folders read it too. */
function path(fallback: string) {
  return z
    .string()
    .default(fallback)
    .transform((value) => resolve(value));
}

function whole(fallback: number, least: number, most: number) {
  const remedy = `give a whole number from ${least} to ${most}`;
  return z
    .string()
    .default(String(fallback))
    .refine((value) => /^\d{1,9}$/.test(value), remedy)
    .transform(Number)
    .refine((value) => value >= least && value <= most, remedy);
}

function bareOrigin() {
  const remedy = 'give an origin such as https://console.example, without a path';
  return z
    .string()
    .refine((value) => URL.canParse(value) && new URL(value).origin === value, remedy)
    .refine((value) => /^https?:/.test(value), remedy)
    .optional();
}

function proxies() {
  const remedy = 'give addresses or CIDRs of your own proxies, such as 10.0.0.0/8, by commas';
  return z
    .string()
    .default('')
    .transform((value) => value.split(',').flatMap((part) => part.trim() || []))
    .refine((list) => list.every(isProxyRange), remedy);
}

/** A range that holds everybody would let every visitor choose the address that is counted. */
function isProxyRange(range: string): boolean {
  try {
    proxyAddr.compile(range);
    return !/\/0+$/.test(range);
  } catch {
    return false;
  }
}
