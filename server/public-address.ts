/**
 * Which addresses the proxy may connect to: those of the public internet, and none that leads to the
 * host, its network, a cloud's metadata, or through a translator to any of them.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * What is not globally reachable of IPv4, by the IANA's registry of special-purpose addresses, what of
 * that registry leads to the nearest of many hosts, and what clouds answer at themselves.
 */
const SPECIAL_IPV4 = blocks('ipv4', [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carriers' translators, and Alibaba Cloud's metadata
  '127.0.0.0/8', // loopback
  '161.26.0.0/16', // IBM Cloud's services for its own machines
  '166.8.0.0/14', // IBM Cloud's service endpoints
  '168.63.129.16/32', // Azure's host: metadata, the machine's certificates
  '169.254.0.0/16', // link-local, and the clouds' metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments, and Oracle Cloud's metadata
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112, whose nearest sink for reverse lookups may be the network's own
  '192.52.193.0/24', // AMT, whose nearest relay may be the network's own
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112, by delegation
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]);

/** All that was ever assigned as global unicast. Mapped, compatible, local and NAT64 ones lie outside. */
const GLOBAL_IPV6 = blocks('ipv6', ['2000::/3']);

/** What of it is not: it is special, or carries an IPv4 address. */
const SPECIAL_IPV6 = blocks('ipv6', [
  '2001::/23', // protocol assignments, Teredo and ORCHID among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
]);

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Whether an address may be connected to. What is no address may not. @param interfaces this host's */
export function isPublic(address: string, interfaces: Interfaces = networkInterfaces()): boolean {
  // A zone, as in fe80::1%eth0, is for links.
  if (address.includes('%') || isOwn(address, interfaces)) return false;
  if (isIPv4(address)) return !SPECIAL_IPV4.check(address, 'ipv4');
  if (!isIPv6(address)) return false;
  return GLOBAL_IPV6.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6');
}

/** Whether it is one of this host's: public or not, what listens there was never meant for visitors. */
function isOwn(address: string, interfaces: Interfaces): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  const own = new BlockList();
  for (const each of Object.values(interfaces).flat()) {
    if (each?.family.toLowerCase() === family) own.addAddress(each.address, family);
  }
  return own.check(address, family);
}

function blocks(family: 'ipv4' | 'ipv6', ranges: string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}
