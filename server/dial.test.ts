import { expect, test } from 'vitest';
import { connectByTcp } from './dial.ts';
import { startUpstream } from './testing/upstream.ts';
import { until } from './testing/until.ts';

test('an attempt to connect that is given up, before or meanwhile, leaves no connection', async () => {
  const upstream = await startUpstream(() => undefined);
  const meanwhile = new AbortController();
  const attempt = connectByTcp('127.0.0.1', upstream.port, meanwhile.signal);
  meanwhile.abort();
  await expect(attempt).rejects.toThrow('given up');
  await expect(connectByTcp('127.0.0.1', upstream.port, AbortSignal.abort())).rejects.toThrow();
  await until('their ends', () => upstream.sockets.every((socket) => socket.readableEnded));
});

test('a connection that has come about is not given up with its attempt', async () => {
  const upstream = await startUpstream((socket) => socket.end('hello'));
  const abort = new AbortController();
  const socket = await connectByTcp('127.0.0.1', upstream.port, abort.signal);
  abort.abort();
  const [said] = (await socket.toArray()) as Buffer[];
  socket.end();
  expect(said?.toString()).toBe('hello');
});
