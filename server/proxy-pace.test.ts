import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from './proxy-pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => void vi.useRealTimers());

/** A pace whose burst is used up, and a way to add to it. */
function start() {
  const pace = new Pace();
  const begun: number[] = [];
  const add = (number: number) => {
    const owner = {};
    pace.add(owner, () => begun.push(number));
    return owner;
  };
  for (let i = 0; i < 64; i++) add(i);
  return { pace, begun, add };
}

test('a burst begins at once, what comes then one by one and in order', () => {
  const { pace, begun, add } = start();
  expect(begun).toHaveLength(64);
  for (const number of [100, 101, 102]) add(number);
  vi.advanceTimersByTime(49);
  expect([begun.length, pace.waiting]).toEqual([64, 3]);
  vi.advanceTimersByTime(1);
  expect(begun.slice(64)).toEqual([100]);
  vi.advanceTimersByTime(100);
  expect(begun.slice(64)).toEqual([100, 101, 102]);
  expect(vi.getTimerCount()).toBe(0);
});

test('who leaves before its turn leaves nothing, and delays nobody', () => {
  const { pace, begun, add } = start();
  for (let i = 0; i < 10_000; i++) pace.leave(add(i));
  expect([pace.waiting, vi.getTimerCount()]).toEqual([0, 0]);
  const left = Array.from({ length: 100 }, (_, i) => add(i));
  add(200);
  expect(vi.getTimerCount()).toBe(1);
  for (const owner of left) pace.leave(owner);
  vi.advanceTimersByTime(50);
  expect(begun.slice(64)).toEqual([200]);
});

test('who has begun can leave, and the others go on', () => {
  const pace = new Pace();
  const owner = {};
  pace.add(owner, () => pace.leave(owner));
  expect([pace.waiting, vi.getTimerCount()]).toEqual([0, 0]);
});
