import { expect, test } from 'vitest';
import { connectTo, get, HOST, PUBLIC, visit } from './testing/proxy-visitor.ts';
import { answering, startUpstream } from './testing/upstream.ts';
import { until } from './testing/until.ts';

const NOT_LISTED = 'is not among the hosts this console may reach: public.example';

test.each([
  ['another host', 'pypi.org:443'],
  ['a host below it', `www.${HOST}:443`],
  ['a host above it', 'example:443'],
  ['a host that begins like it', `${HOST}.evil.example:443`],
  ['a host that ends like it', `evil-${HOST}:443`],
  ['an address', '93.184.215.14:443'],
  ['the loopback address', '127.0.0.1:443'],
  ['an address in decimal', '2130706433:443'],
  ['an address in octal', '0177.0.0.1:443'],
  ['an address in hexadecimal', '0x7f.1:443'],
  ['localhost', 'localhost:443'],
  ['the metadata service', '169.254.169.254:80'],
  ['a homograph in its ASCII form', 'xn--pblic-kva.example:443'],
])('%s is refused in words, and never resolved', async (_what, target) => {
  const { ask, lookups, connected } = visit();
  for (const request of [connectTo(target), get(`http://${target.replace(':443', '')}/`)]) {
    const answer = await ask(request);
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer.split('\r\n')[0]).toContain(NOT_LISTED);
    expect(answer).toMatch(/\r\n\r\n[^]*is not among the hosts[^]*\.\n$/);
  }
  expect(lookups).toEqual([]);
  expect(connected).toEqual([]);
});

test.each([
  ['user information', `http://${HOST}@evil.example/`],
  ['user information with the host behind', `http://evil.example@${HOST}/`],
  ['a password', `http://a:b@${HOST}/`],
  ['another scheme', `https://${HOST}/`],
  ['a file', 'file:///etc/passwd'],
  ['no scheme', '/path'],
  ['the address of IPv6', 'http://[::1]/'],
  ['a backslash', `http://evil.example\\@${HOST}/`],
  ['a host that is escaped', 'http://public%2eexample/'],
  ['a host in another script', 'http://pübliс.example/'],
  ['no host', 'http:///path'],
  ['a port that is no number', `http://${HOST}:http/`],
  ['a port of six digits', `http://${HOST}:000080/`],
  ['two dots at the end', `http://${HOST}../`],
  ['a host of 300 characters', `http://${'a'.repeat(300)}.example/`],
  ['a label of 64 characters', `http://${'a'.repeat(64)}.example/`],
  ['a fragment', `http://${HOST}/#part`],
])('a URL with %s is malformed', async (_what, url) => {
  const { ask, lookups } = visit();
  expect(await ask(get(url))).toMatch(/^HTTP\/1.1 400 /);
  expect(lookups).toEqual([]);
});

test.each([
  '',
  HOST,
  `${HOST}:`,
  `:443`,
  `user@${HOST}:443`,
  `http://${HOST}:443`,
  `${HOST}:443/path`,
  `${HOST}:99999999`,
  `[::1]:443`,
  `${HOST}:443:443`,
])('CONNECT to "%s" is malformed', async (target) => {
  const { ask, lookups } = visit();
  expect(await ask(connectTo(target))).toMatch(/^HTTP\/1.1 400 /);
  expect(lookups).toEqual([]);
});

test.each([22, 25, 8080, 0, 65_536])('port %i of a listed host is refused', async (port) => {
  const { ask, lookups } = visit();
  expect(await ask(connectTo(`${HOST}:${port}`))).toMatch(
    /^HTTP\/1.1 403 this console may reach public.example on ports 80 and 443 alone/,
  );
  expect(lookups).toEqual([]);
});

test.each([`PUBLIC.Example:443`, `${HOST}.:443`])('"%s" is the listed host', async (target) => {
  const { ask, lookups } = visit();
  expect(await ask(connectTo(target))).toMatch(/^HTTP\/1.1 502 public.example cannot be reached/);
  expect(lookups).toEqual([HOST]);
});

test.each([
  [
    'a request without a version, as before HTTP/1.0',
    `CONNECT ${HOST}:443\r\nX: y HTTP/1.1\r\n\r\n`,
  ],
  ['a blank in the URL', get(`http://${HOST}/a b`)],
  ['a header that is none', `GET http://${HOST}/ HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n`],
  ['a head of 20 KB', `GET http://${HOST}/ HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  [
    'two lengths',
    `POST http://${HOST}/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
  ],
  [
    'a length and chunks',
    `POST http://${HOST}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a method of its own', `HACK http://${HOST}/ HTTP/1.1\r\n\r\n`],
])('%s is refused', async (_what, bytes) => {
  const { ask, connected } = visit();
  expect(await ask(bytes)).toMatch(/^HTTP\/1.1 4\d\d /);
  expect(connected).toEqual([]);
});

test('a change of protocol is refused', async () => {
  const { ask, lookups } = visit();
  const upgrade = `GET http://${HOST}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  expect(await ask(upgrade)).toMatch(/^HTTP\/1.1 501 /);
  expect(lookups).toEqual([]);
});

test('a second request behind the first gets no answer', async () => {
  const upstream = await startUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const { open } = visit(upstream);
  const program = open();
  await program.write(get(`http://${HOST}/1`) + get(`http://${HOST}/2`));
  await until('the end', () => program.isClosed || program.hasEnd);
  expect(upstream.received.join()).not.toContain('/2');
});

test.each([
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  '::ffff:127.0.0.1',
  'fe80::1',
  'fd00::1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::1',
])('a listed host that leads to %s is refused, beside a public address too', async (address) => {
  for (const addresses of [[address], [PUBLIC, address], [address, PUBLIC]]) {
    const { ask, connected } = visit({ lookup: () => Promise.resolve(addresses) });
    expect(await ask(connectTo(`${HOST}:443`))).toMatch(
      /^HTTP\/1.1 403 public.example leads to an address that is not of the public internet\r\n/,
    );
    expect(connected).toEqual([]);
  }
});

test('a name that leads elsewhere the second time is connected to as it was checked', async () => {
  const answers = [[PUBLIC], ['127.0.0.1']];
  const { ask, connected, lookups } = visit({
    lookup: () => Promise.resolve(answers.shift() ?? ['127.0.0.1']),
  });
  await ask(connectTo(`${HOST}:443`));
  expect(lookups).toEqual([HOST]);
  expect(connected).toEqual([`${PUBLIC}:443`]);
});

test('the next address is tried where the first does not answer', async () => {
  const other = '93.184.215.15';
  const { ask, connected } = visit({ lookup: () => Promise.resolve([PUBLIC, other]) });
  expect(await ask(connectTo(`${HOST}:443`))).toMatch(/^HTTP\/1.1 502 /);
  expect(connected).toEqual([`${PUBLIC}:443`, `${other}:443`]);
});

test('a name that does not exist is told', async () => {
  const { ask } = visit({ lookup: () => Promise.reject(new Error('ENOTFOUND')) });
  expect(await ask(connectTo(`${HOST}:443`))).toMatch(
    /^HTTP\/1.1 502 public.example has no address/,
  );
});
