import { expect, test } from 'vitest';
import { Pending } from './pending.ts';

test('one address cannot take the places of all', () => {
  const pending = new Pending(3, 2);
  pending.take('a');
  pending.take('a');
  expect(pending.take('a')).toBe('rate');
  expect(pending.take('b')).toBeTypeOf('object');
});

test('when all places are taken, every address is refused', () => {
  const pending = new Pending(2, 2);
  pending.take('a');
  pending.take('b');
  expect(pending.take('c')).toBe('full');
});

test('a place that is given back twice counts once', () => {
  const pending = new Pending(2, 2);
  const seat = pending.take('a');
  pending.take('a');
  if (typeof seat === 'string') throw new Error(seat);
  seat.release();
  seat.release();
  expect(pending.take('a')).toBeTypeOf('object');
  expect(pending.take('a')).toBe('rate');
});
