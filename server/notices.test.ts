/** What a visitor is told of a sandbox's limits, and how often. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Notices } from './notices.ts';
import type { Limit } from './protocol.ts';
import { FAKE_FACTS } from './testing/fake-sandbox-daemon.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

test.each<[Limit, number | undefined]>([
  ['memory', 256],
  ['processes', 64],
  ['disk', undefined],
  ['cpu', undefined],
  ['network', undefined],
])('"%s" comes with what the declaration allows: %s', (limit, amount) => {
  expect(new Notices(FAKE_FACTS.limits).take(limit)?.amount).toBe(amount);
});

test('a limit that is met in a loop is told every ten seconds, and each limit by itself', () => {
  const notices = new Notices(FAKE_FACTS.limits);
  expect(notices.take('disk')).toEqual({ limit: 'disk' });
  vi.advanceTimersByTime(9_999);
  expect(notices.take('disk')).toBeUndefined();
  expect(notices.take('network')).toEqual({ limit: 'network' });
  vi.advanceTimersByTime(1);
  expect(notices.take('disk')).toEqual({ limit: 'disk' });
});

test('the slow lane is told once', () => {
  const notices = new Notices(FAKE_FACTS.limits);
  expect(notices.take('cpu')).toEqual({ limit: 'cpu' });
  vi.advanceTimersByTime(86_400_000);
  expect(notices.take('cpu')).toBeUndefined();
});
