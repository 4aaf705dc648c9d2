import { expect, test } from 'vitest';
import { INPUT_WINDOW_BYTES, OUTPUT_WINDOW_BYTES } from './protocol.ts';
import { ackAll, startRunning } from './testing/running-session.ts';
import { until } from './testing/until.ts';

test('what is typed reaches the process, and is acknowledged once it was taken', async () => {
  const { session, client } = await startRunning();
  session.input('λ = 1\r');
  session.input('x');
  await until('both acknowledged', () => client.taken === 2);
  await until('the echo', () => client.output === 'λ = 1\rx');
});

test('a long paste arrives in order', async () => {
  const { session, client } = await startRunning();
  const text = Array.from({ length: 7_000 }, (_, i) => String(i)).join(' ');
  session.input(text.slice(0, 20_000));
  session.input(text.slice(20_000));
  const drawn = () => {
    ackAll(session, client);
    return client.output === text;
  };
  await until('all of it', () => client.output.length > 0 && drawn());
});

test('typing past the window ends the session', async () => {
  const { session, client } = await startRunning({}, { ignoresInput: true });
  session.input('x'.repeat(INPUT_WINDOW_BYTES));
  expect(client.end).toBeUndefined();
  session.input('x');
  expect(client.end).toEqual({ reason: 'protocol' });
});

test('the bytes that the visitor has seen are acknowledged to the sandbox', async () => {
  const { session, sandbox, client } = await startRunning();
  sandbox.output('λ'.repeat(10));
  await until('output', () => client.output.length === 10);
  ackAll(session, client);
  await until('the acknowledgement', () => sandbox.ackedBytes === 20);
});

test('acknowledging what was never sent ends the session', async () => {
  const { session, client } = await startRunning();
  session.ack(1);
  expect(client.end).toEqual({ reason: 'protocol' });
});

test('a visitor who stops acknowledging is ended', async () => {
  const { sandbox, client } = await startRunning({ stallTimeoutMs: 100 });
  sandbox.output(Buffer.alloc(60_000, 'x'));
  sandbox.output(Buffer.alloc(60_000, 'x'));
  await until('output', () => client.output.length === 120_000);
  expect(client.end).toBeUndefined();
  sandbox.output(Buffer.alloc(60_000, 'x'));
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'stalled' });
});

test('a visitor who acknowledges slowly is not ended as stalled', async () => {
  const { session, sandbox, client } = await startRunning({ stallTimeoutMs: 150 });
  for (let i = 0; i < 4; i++) sandbox.output(Buffer.alloc(60_000, 'x'));
  await until('output', () => client.output.length === 240_000);
  const startedAt = Date.now();
  await until('two stall timeouts', () => {
    if (client.unacked > 1 && Date.now() - startedAt > (16 - client.unacked) * 30) {
      client.unacked -= 1;
      session.ack(1);
    }
    return Date.now() - startedAt > 300;
  });
  expect(client.end).toBeUndefined();
});

test('a sandbox that floods past its window is ended as our fault', async () => {
  const { sandbox, client } = await startRunning();
  for (let sent = 0; sent <= OUTPUT_WINDOW_BYTES + 131_072; sent += 65_536) {
    sandbox.output(Buffer.alloc(65_536));
  }
  await until('the end', () => client.end);
  expect(client.end).toEqual({ reason: 'fault' });
});
