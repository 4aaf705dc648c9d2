import { EventEmitter } from 'node:events';
import type { Connection } from 'sockjs';
import { expect, test } from 'vitest';
import type { Admitted } from './admission.ts';
import { bridge, type BridgeContext } from './bridge.ts';
import { createLog } from './log.ts';
import { Pending } from './pending.ts';
import { decodeServer, encodeClient } from './protocol-codec.ts';
import { until } from './testing/until.ts';

const AUTH = encodeClient({ kind: 'auth', token: 'x', size: { cols: 80, rows: 24 } });

test('a visitor who leaves while room is being taken gives it back and starts nothing', async () => {
  const { connection, admit, started } = setUp();
  connection.emit('data', AUTH);
  const released: true[] = [];
  const settle = await until('the question', () => admit[0]);
  connection.emit('close');
  settle({ lease: { release: () => released.push(true) } });
  await until('the room', () => released.length > 0);
  expect(started).toEqual([]);
});

test('a proof is used up only where the limits allow a console, so that nobody can fill what is remembered', async () => {
  const { connection, admit, told, used } = setUp();
  connection.emit('data', AUTH);
  (await until('the question', () => admit[0]))({ refused: { reason: 'rate' } });
  await until('the end', () => told.length > 0);
  expect(told.map(decodeServer)).toEqual([{ kind: 'end', end: { reason: 'rate' } }]);
  expect(used).toEqual([]);
});

test('a part of ours that throws ends the connection, and says nothing about itself', async () => {
  const { connection, told } = setUp(() => Promise.reject(new Error('secret detail')));
  connection.emit('data', AUTH);
  await until('the end', () => told.length > 0);
  expect(told.map(decodeServer)).toEqual([{ kind: 'end', end: { reason: 'fault' } }]);
});

/** A bridge on a connection of no transport, whose admission waits until the test settles it. */
function setUp(
  read: () => Promise<object> = () => Promise.resolve({ visitor: { site: 'demo' }, jti: 'x' }),
) {
  const told: string[] = [];
  const started: unknown[] = [];
  const used: unknown[] = [];
  const admit: ((admitted: Admitted) => void)[] = [];
  const connection = Object.assign(new EventEmitter(), {
    headers: {},
    write: (text: string) => told.push(text),
    close: () => undefined,
  });
  const context = {
    config: { authTimeoutMs: 10_000 },
    log: createLog('silent'),
    addressKey: () => 'a',
    pending: new Pending(1, 1),
    visitors: { read, useUp: (proof: unknown) => void used.push(proof) },
    admission: { admit: () => new Promise<Admitted>((resolve) => admit.push(resolve)) },
    sessions: { start: (request: unknown) => started.push(request) },
  };
  bridge(connection as unknown as Connection, context as unknown as BridgeContext);
  return { connection, told, started, used, admit };
}
