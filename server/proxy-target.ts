/** What a visitor's program asks the proxy for, read strictly: where to, and with which headers. */

/** The ports that may be connected to: HTTP's and HTTPS's. */
const PORTS: ReadonlySet<number> = new Set([80, 443]);

/** How many of the listed hosts a refusal names: it has to fit a line. */
const SHOWN_HOSTS = 8;

/** A name in letters, digits, dots and hyphens; IDNs come in their ASCII form. */
const HOST =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Headers for one hop alone (RFC 9110, 7.6.1), and those that this proxy answers itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]);

/** Headers that say where a message ends; no Connection header may take them away. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** Why nothing was connected. */
export type RefusalCode =
  | 'malformed'
  | 'method'
  | 'host'
  | 'port'
  | 'address'
  | 'name'
  | 'unreachable'
  | 'late'
  | 'allowance';

const STATUS: Record<RefusalCode, number> = {
  malformed: 400,
  method: 501,
  host: 403,
  port: 403,
  address: 403,
  name: 502,
  unreachable: 502,
  late: 504,
  allowance: 429,
};

/** The proxy says no. The message is for the visitor: one line, which becomes the reason phrase. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
    this.status = STATUS[code];
  }
}

/** Where to connect. The host is in lower case, without a dot at the end. */
export interface Target {
  host: string;
  port: number;
}

/** The target of a CONNECT. @throws Refusal */
export function connectTarget(url: string): Target {
  const [, host, port] = /^([^:]*):(\d{1,5})$/.exec(url) ?? [];
  if (host === undefined) {
    throw new Refusal('malformed', 'CONNECT wants a host and a port, such as pypi.org:443');
  }
  return toTarget(host, Number(port));
}

/** The target of a request for an absolute URL, and the path to ask it for. @throws Refusal */
export function requestTarget(url: string): Target & { path: string } {
  const [, authority, rest = ''] = /^http:\/\/([^/?#]*)([/?][^#]*)?$/i.exec(url) ?? [];
  if (authority === undefined) {
    throw new Refusal('malformed', 'this is a proxy: it wants CONNECT, or a whole http:// URL');
  }
  const [, host, port = '80'] = /^([^:]*)(?::(\d{1,5}))?$/.exec(authority) ?? [];
  if (host === undefined) throw new Refusal('malformed', 'the URL has no plain host and port');
  return { ...toTarget(host, Number(port)), path: rest.startsWith('/') ? rest : `/${rest}` };
}

function toTarget(given: string, port: number): Target {
  const host = given.toLowerCase().replace(/\.$/, '');
  if (!HOST.test(host)) throw new Refusal('malformed', 'that is not the name of a host');
  return { host, port };
}

/** @throws Refusal unless exactly this host is listed, and the port is the web's */
export function checkTarget({ host, port }: Target, hosts: readonly string[]): void {
  if (!hosts.includes(host)) {
    const listed =
      hosts.slice(0, SHOWN_HOSTS).join(', ') + (hosts.length > SHOWN_HOSTS ? ', ...' : '');
    throw new Refusal('host', `${host} is not among the hosts this console may reach: ${listed}`);
  }
  if (!PORTS.has(port)) {
    throw new Refusal('port', `this console may reach ${host} on ports 80 and 443 alone`);
  }
}

/** The headers that are for the other side, as pairs. @param raw names and values in turn */
export function endToEnd(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  const named = pairs
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((each) => each.trim().toLowerCase()))
    .filter((name) => !FRAMING.has(name));
  const removed = new Set([...HOP_BY_HOP, ...named]);
  return pairs.filter(([name]) => !removed.has(name.toLowerCase()));
}
