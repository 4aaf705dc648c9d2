import { SignJWT } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import type { Site } from './sites.ts';
import { Visitors, type Visitor } from './visitor.ts';

const SITE: Site = { key: 'demo', origins: new Set(), environment: 'ipython' };

afterEach(() => vi.useRealTimers());

test('a proof names its visitor, site and environment', async () => {
  const visitors = new Visitors(60_000);
  const visitor = await redeem(visitors, await visitors.issue(SITE));
  expect(visitor).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    site: 'demo',
    environment: 'ipython',
  });
});

test('every console page has a visitor of its own', async () => {
  const visitors = new Visitors(60_000);
  const first = await redeem(visitors, await visitors.issue(SITE));
  const second = await redeem(visitors, await visitors.issue(SITE));
  expect(first?.id).not.toBe(second?.id);
});

test('a proof works once, also when it is used twice at the same time', async () => {
  const visitors = new Visitors(60_000);
  const token = await visitors.issue(SITE);
  const both = await Promise.all([redeem(visitors, token), redeem(visitors, token)]);
  expect(both.filter((visitor) => visitor !== undefined)).toHaveLength(1);
  expect(await redeem(visitors, token)).toBeUndefined();
});

test('a proof is refused after its time', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const visitors = new Visitors(60_000);
  const [early, late] = [await visitors.issue(SITE), await visitors.issue(SITE)];
  vi.setSystemTime(Date.now() + 58_000);
  expect(await redeem(visitors, early)).toBeDefined();
  vi.setSystemTime(Date.now() + 3_000);
  expect(await redeem(visitors, late)).toBeUndefined();
});

test('a used proof stays refused as long as its signature would hold', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const visitors = new Visitors(60_000);
  const token = await visitors.issue(SITE);
  await redeem(visitors, token);
  vi.setSystemTime(Date.now() + 59_000);
  await redeem(visitors, await visitors.issue(SITE));
  expect(await redeem(visitors, token)).toBeUndefined();
});

test('when too many proofs were used to remember them all, further ones are refused', async () => {
  const visitors = new Visitors(60_000);
  const one = await visitors.issue(SITE);
  const visit = async () => (await redeem(visitors, await visitors.issue(SITE))) !== undefined;
  const visits = await Promise.all(Array.from({ length: 10_000 }, visit));
  expect(visits.every(Boolean)).toBe(true);
  expect(await redeem(visitors, one)).toBeUndefined();
});

test('a proof of another server is refused', async () => {
  const token = await new Visitors(60_000).issue(SITE);
  expect(await redeem(new Visitors(60_000), token)).toBeUndefined();
});

test('a proof that is changed is refused', async () => {
  const visitors = new Visitors(60_000);
  const [head, body = '', signature] = (await visitors.issue(SITE)).split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  const forged = Buffer.from(JSON.stringify({ ...claims, environment: 'bash' }));
  const token = [head, forged.toString('base64url'), signature].join('.');
  expect(await redeem(visitors, token)).toBeUndefined();
});

test('a proof without a signature is refused', async () => {
  const visitors = new Visitors(60_000);
  const [, body] = (await visitors.issue(SITE)).split('.');
  const head = Buffer.from('{"alg":"none"}').toString('base64url');
  expect(await redeem(visitors, `${head}.${body}.`)).toBeUndefined();
});

test.each(['', 'x', 'a.b.c', 'x'.repeat(60_000)])('garbage is refused', async (token) => {
  expect(await redeem(new Visitors(60_000), token)).toBeUndefined();
});

test('a proof signed with a guessed key is refused', async () => {
  const token = await new SignJWT({ site: 'demo', environment: 'ipython' })
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience('console')
    .setSubject(crypto.randomUUID())
    .setJti(crypto.randomUUID())
    .setExpirationTime('1m')
    .sign(new Uint8Array(32));
  expect(await redeem(new Visitors(60_000), token)).toBeUndefined();
});

/** What the bridge does, when the limits allow it. */
async function redeem(visitors: Visitors, token: string): Promise<Visitor | undefined> {
  const proof = await visitors.read(token);
  return proof && visitors.useUp(proof) === undefined ? proof.visitor : undefined;
}
