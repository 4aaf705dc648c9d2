import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { isPublic } from './public-address.ts';

test.each([
  ...['1.1.1.1', '93.184.215.14', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1'],
  ...['168.63.129.15', '168.63.129.17', '161.27.0.1', '166.7.255.255', '166.12.0.1'],
  ...['192.0.1.1', '198.17.255.255', '198.20.0.1', '223.255.255.255', '11.0.0.1', '128.0.0.1'],
  ...['2606:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888', '2001:200::1'],
])('%s is public', (address) => {
  expect(isPublic(address)).toBe(true);
});

test.each([
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255'],
  ...['127.0.0.1', '127.255.255.254', '169.254.0.1', '169.254.169.254', '172.16.0.1'],
  ...['172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.0.1', '192.168.255.255'],
  // What clouds answer at themselves: Azure, IBM, Alibaba, Oracle.
  ...['168.63.129.16', '161.26.0.10', '166.8.0.1', '166.11.255.255', '100.100.100.200'],
  ...['192.0.0.192', '192.31.196.1', '192.52.193.1', '192.175.48.1'],
  ...['198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1'],
  ...['239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:1.1.1.1', '::ffff:0:127.0.0.1'],
  ...['64:ff9b::1.1.1.1', '64:ff9b:1::1', '100::1', '2001::1', '2001:2::1', '2001:10::1'],
  ...['2001:20::1', '2001:db8::1', '2002:7f00:1::1', '2002:0101:0101::1', '3fff::1', '3fff:fff::1'],
  ...[
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    'fec0::1',
    'ff02::1',
    '4000::1',
  ],
])('%s is not public', (address) => {
  expect(isPublic(address)).toBe(false);
});

test.each([
  '',
  'localhost',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '1.1.1.1 ',
  '[::1]',
])('what is no plain address is not public: "%s"', (text) => {
  expect(isPublic(text)).toBe(false);
});

test('an address of this host is not public, whichever it is', () => {
  const common = { netmask: '', mac: '', internal: false, cidr: null };
  const interfaces = {
    eth0: [
      { ...common, family: 'IPv4' as const, address: '1.1.1.1' },
      { ...common, family: 'IPv6' as const, address: '2606:4700::1111', scopeid: 0 },
    ],
  };
  for (const own of ['1.1.1.1', '2606:4700::1111', '2606:4700:0::1111']) {
    expect(isPublic(own, interfaces)).toBe(false);
    expect(isPublic(own, {})).toBe(true);
  }
  expect(isPublic('1.1.1.2', interfaces)).toBe(true);
});

test('the addresses of the host that this runs on are asked for', () => {
  const own = Object.values(networkInterfaces())
    .flat()
    .map((each) => each?.address ?? '');
  expect(own.filter((address) => isPublic(address))).toEqual([]);
});
