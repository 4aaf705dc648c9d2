/** How the server's messages about limits look on the wire, to frames of this version and of others. */
import { expect, test } from 'vitest';
import { decodeServer, encodeServer } from './protocol-codec.ts';
import { LIMITS, type Limit, type ServerMessage } from './protocol.ts';

const MESSAGES: ServerMessage[] = [
  ...(Object.keys(LIMITS) as Limit[]).map((limit) => ({ kind: 'notice' as const, limit })),
  { kind: 'notice', limit: 'memory', amount: 256 },
  { kind: 'end', end: { reason: 'memory', amount: 256 } },
];

test.each(MESSAGES)('%j arrives as it was sent', (message) => {
  expect(decodeServer(encodeServer(message))).toEqual(message);
});

test.each(['n{"limit":"quota"}', 'n{"limit":"toString"}', 'n{"limit":1}', 'n{}', 'n', '?'])(
  'a frame lets %s of a newer server pass',
  (raw) => {
    expect(decodeServer(raw)).toBeUndefined();
  },
);
