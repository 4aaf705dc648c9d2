import { expect, test } from 'vitest';
import { addressKey, createAddressKey } from './address.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['not an address', 'unknown'],
  [undefined, 'unknown'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test('a header cannot choose the address of a client that is no trusted proxy', () => {
  const keyOf = createAddressKey(['10.0.0.0/8']);
  expect(keyOf(request('203.0.113.9', '198.51.100.1'))).toBe('203.0.113.9');
});

test('behind a trusted proxy the last address that it did not make up counts', () => {
  const keyOf = createAddressKey(['10.0.0.0/8']);
  expect(keyOf(request('10.1.1.1', '198.51.100.1, 203.0.113.9'))).toBe('203.0.113.9');
});

test('a connection that is already gone has a key as well', () => {
  expect(createAddressKey(['10.0.0.0/8'])(request(undefined, '198.51.100.1'))).toBe('unknown');
});

function request(remoteAddress: string | undefined, forwardedFor: string) {
  return { headers: { 'x-forwarded-for': forwardedFor }, socket: { remoteAddress } };
}
