/** What a visitor reads when a console ends, and when a limit is met. */
import { expect, test } from 'vitest';
import { CLOSE_REASONS } from '../server/protocol.ts';
import type { CloseReason, Notice } from '../server/protocol.ts';
import { describeEnd, describeNotice } from './text.ts';

const reasons = Object.keys(CLOSE_REASONS) as CloseReason[];

test.each(reasons)('"%s" is told to the visitor in a sentence of its own', (reason) => {
  const { what } = describeEnd({ reason });
  expect(what).toMatch(/^[A-Z].*\.$/);
  expect(what).not.toBe(CLOSE_REASONS[reason]);
  expect(reasons.filter((other) => describeEnd({ reason: other }).what === what)).toEqual([reason]);
});

test.each(reasons)('"%s" says which key helps, or offers none', (reason) => {
  const { remedy } = describeEnd({ reason });
  if (remedy) expect(remedy.next).toContain('Enter');
  else expect(['site', 'environment']).toContain(reason);
});

test('a visitor with too many consoles learns that closing one helps', () => {
  const { what } = describeEnd({ reason: 'rate', retryAfterMs: 20_000 });
  expect(what).toMatch(/open or were started just now.* Closing one helps\. .*20 seconds/);
});

test('the exit code is shown, 0 too', () => {
  expect(describeEnd({ reason: 'exit', exitCode: 0 }).what).toContain('Exit code 0.');
});

test('the signal that stopped a program is shown', () => {
  expect(describeEnd({ reason: 'exit', signal: 'SIGKILL' }).what).toContain('SIGKILL');
});

test.each([
  [0, '1 second.'],
  [1001, '2 seconds.'],
  [60_000, '60 seconds.'],
  [90_001, '2 minutes.'],
])('a wait of %d ms is rounded up to "%s"', (retryAfterMs, words) => {
  expect(describeEnd({ reason: 'full', retryAfterMs }).what).toContain(words);
});

test('a console that was killed for memory says how much there was', () => {
  const { what, remedy } = describeEnd({ reason: 'memory', amount: 256 });
  expect(what).toContain('killed: out of memory (256 MB).');
  expect(remedy?.next).toContain('Enter');
});

test.each<[Notice, string]>([
  [{ limit: 'memory', amount: 256 }, 'killed: out of memory (256 MB).'],
  [{ limit: 'disk' }, 'disk full.'],
  [{ limit: 'processes', amount: 64 }, 'too many processes (64).'],
  [{ limit: 'cpu' }, 'slow lane: CPU allowance used.'],
  [{ limit: 'network' }, 'no network.'],
])('%j is told in a sentence with its amount', (notice, words) => {
  expect(describeNotice(notice)).toMatch(/^[A-Z].*\.$/);
  expect(describeNotice(notice)).toContain(words);
});
