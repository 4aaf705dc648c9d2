import { join } from 'node:path';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { Admission, type Admitted, type Lease } from './admission.ts';
import { KillSwitch } from './kill-switch.ts';
import { createLog } from './log.ts';
import { demoSites } from './sites.ts';
import { startFakeDaemon } from './testing/fake-sandbox-daemon.ts';
import { temporaryFolder } from './testing/folder.ts';

afterEach(() => vi.restoreAllMocks());

test('an address may have its consoles and no more, until one ends', async () => {
  const { admission } = await setUp({ maxSessionsPerAddress: 2 });
  const first = leaseOf(await admission.admit('demo', 'a'));
  leaseOf(await admission.admit('demo', 'a'));
  expect(await admission.admit('demo', 'a')).toEqual({ refused: { reason: 'rate' } });
  leaseOf(await admission.admit('demo', 'b'));
  first.release();
  leaseOf(await admission.admit('demo', 'a'));
});

test('a full node refuses everybody, and says when to come back', async () => {
  const { admission } = await setUp({ maxSessions: 2 });
  leaseOf(await admission.admit('demo', 'a'));
  const second = leaseOf(await admission.admit('demo', 'b'));
  expect(await admission.admit('demo', 'c')).toEqual({
    refused: { reason: 'full', retryAfterMs: expect.any(Number) as number },
  });
  expect(await admission.health('demo')).toBe('full');
  second.release();
  expect(await admission.health('demo')).toBe('ok');
  leaseOf(await admission.admit('demo', 'c'));
});

test('room that is given back twice counts once', async () => {
  const { admission } = await setUp({ maxSessions: 2 });
  const lease = leaseOf(await admission.admit('demo', 'a'));
  leaseOf(await admission.admit('demo', 'b'));
  lease.release();
  lease.release();
  leaseOf(await admission.admit('demo', 'c'));
  expect(await admission.admit('demo', 'd')).toMatchObject({ refused: { reason: 'full' } });
});

test('launches in a minute are limited even when each console ends at once', async () => {
  const { admission } = await setUp({ launchesPerMinute: 2 });
  leaseOf(await admission.admit('demo', 'a')).release();
  leaseOf(await admission.admit('demo', 'a')).release();
  const third = await admission.admit('demo', 'a');
  expect(third).toMatchObject({ refused: { reason: 'rate' } });
  expect('refused' in third && third.refused.retryAfterMs).toBeGreaterThan(50_000);
  leaseOf(await admission.admit('demo', 'b'));
});

test('a refusal takes nothing: neither a launch nor room', async () => {
  const { admission } = await setUp({ maxSessions: 1, launchesPerMinute: 2 });
  const lease = leaseOf(await admission.admit('demo', 'a'));
  for (let i = 0; i < 5; i++) await admission.admit('demo', 'b');
  lease.release();
  leaseOf(await admission.admit('demo', 'b')).release();
  leaseOf(await admission.admit('demo', 'b'));
});

test('refused launches do not push the next one further away', async () => {
  const { admission } = await setUp({ maxSessionsPerAddress: 1, launchesPerMinute: 2 });
  const lease = leaseOf(await admission.admit('demo', 'a'));
  for (let i = 0; i < 5; i++) await admission.admit('demo', 'a');
  lease.release();
  leaseOf(await admission.admit('demo', 'a'));
});

test.each(['drain', 'off'] as const)('at "%s" no console starts', async (position) => {
  const { admission, killSwitch } = await setUp();
  await killSwitch.set(position, 'ann', 'test');
  expect(await admission.admit('demo', 'a')).toEqual({ refused: { reason: 'off' } });
  expect(await admission.health('demo')).toBe('off');
});

test('the switch counts even when it moves while the limits are asked', async () => {
  const { admission, killSwitch } = await setUp();
  const admitted = admission.admit('demo', 'a');
  const moved = killSwitch.set('off', 'ann', 'test');
  vi.spyOn(killSwitch, 'position', 'get').mockReturnValue('off');
  expect(await admitted).toEqual({ refused: { reason: 'off' } });
  await moved;
});

test('an unknown site is refused', async () => {
  const { admission } = await setUp();
  expect(await admission.admit('other', 'a')).toEqual({ refused: { reason: 'site' } });
  expect(await admission.health('other')).toBe('site');
});

test('a store that fails is our fault, not the visitor’s, and leaks no room', async () => {
  const { admission } = await setUp({ maxSessions: 1 });
  const broken = vi.spyOn(RateLimiterMemory.prototype, 'consume');
  broken.mockImplementation(() => Promise.reject(new Error('store down')));
  expect(await admission.admit('demo', 'a')).toEqual({ refused: { reason: 'fault' } });
  broken.mockRestore();
  leaseOf(await admission.admit('demo', 'a'));
});

test('nothing is kept of an address whose consoles have ended', async () => {
  const deleted = vi.spyOn(RateLimiterMemory.prototype, 'delete');
  const { admission } = await setUp();
  leaseOf(await admission.admit('demo', '192.0.2.7')).release();
  await vi.waitFor(() => expect(deleted).toHaveBeenCalledWith('192.0.2.7'));
});

test('without a sandbox daemon health says so', async () => {
  const { admission, daemon } = await setUp();
  await daemon.stop();
  expect(await admission.health('demo')).toBe('fault');
});

function leaseOf(admitted: Admitted): Lease {
  if ('refused' in admitted) throw new Error(`refused: ${admitted.refused.reason}`);
  return admitted.lease;
}

async function setUp(limits: object = {}) {
  const dir = await temporaryFolder();
  const log = createLog('silent');
  const sandboxSocket = join(dir, 'sandbox.sock');
  const daemon = await startFakeDaemon(sandboxSocket);
  onTestFinished(() => daemon.stop().catch(() => undefined));
  const killSwitch = await KillSwitch.load(dir, log);
  const config = {
    maxSessions: 10,
    maxSessionsPerAddress: 10,
    launchesPerMinute: 100,
    sandboxSocket,
    ...limits,
  };
  const admission = new Admission({ config, sites: demoSites(undefined), killSwitch, log });
  return { admission, killSwitch, daemon };
}
