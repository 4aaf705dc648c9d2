/** When drawn output is acknowledged. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ACK_EVERY_UNITS } from '../server/protocol.ts';
import { OutputAcks } from './output-acks.ts';

let sent: number[];
let acks: OutputAcks;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  acks = new OutputAcks((messages) => sent.push(messages));
});
afterEach(() => vi.useRealTimers());

test('a flood is acknowledged at every full portion, without waiting', () => {
  for (let message = 0; message < 8; message += 1) acks.drawn(ACK_EVERY_UNITS / 4);
  expect(sent).toEqual([4, 4]);
});

test('one large message is acknowledged at once', () => {
  acks.drawn(ACK_EVERY_UNITS);
  expect(sent).toEqual([1]);
});

test('the rest is acknowledged together when the output pauses', () => {
  acks.drawn(5);
  acks.drawn(5);
  expect(sent).toEqual([]);
  vi.runAllTimers();
  expect(sent).toEqual([2]);
});

test('no message is acknowledged twice', () => {
  acks.drawn(5);
  acks.drawn(ACK_EVERY_UNITS);
  vi.runAllTimers();
  expect(sent).toEqual([2]);
});

test('nothing is sent after the end', () => {
  acks.drawn(5);
  acks.stop();
  vi.runAllTimers();
  expect(sent).toEqual([]);
});
