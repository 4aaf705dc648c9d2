/** Whom a limit counts: the client's address, as a key. */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import proxyAddr from 'proxy-addr';

/** What is needed of a request; SockJS hands over these parts alone. */
export interface Addressed {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/**
 * Makes the function that names the client behind a request.
 * @param trustedProxies addresses and CIDRs whose X-Forwarded-For is believed
 */
export function createAddressKey(trustedProxies: string[]): (request: Addressed) => string {
  const trust = proxyAddr.compile(trustedProxies);
  // proxy-addr is typed for whole requests and reads just these parts.
  const clientOf = proxyAddr as unknown as (
    request: Addressed,
    trusted: typeof trust,
  ) => string | undefined;
  return (request) => addressKey(clientOf(request, trust));
}

/**
 * The key of an address: IPv4 as it is, also where it is mapped into IPv6; IPv6 by its /64, which
 * is what one subscriber has at will. All that is no address shares one key.
 */
export function addressKey(address: string | undefined): string {
  const [bare = ''] = (address ?? '').split('%');
  if (isIP(bare) === 0) return 'unknown';
  if (isIPv4(bare)) return bare;
  const groups = ipv6Groups(bare);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The eight groups of a valid IPv6 address, whatever its notation. */
function ipv6Groups(address: string): number[] {
  // The URL parser writes every notation as lower-case hexadecimal groups with one "::".
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const parse = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  if (tail === undefined) return parse(head);
  const [before, after] = [parse(head), parse(tail)];
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after];
}
