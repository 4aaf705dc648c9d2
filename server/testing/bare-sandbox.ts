/** The server's end of a sandbox, and a bare socket at the far end that says what a test wants. */
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeFrame, FRAME_TYPES, type FrameType } from '../frames.ts';
import { Sandbox } from '../sandbox-client.ts';
import type { SandboxStream } from '../sandbox-stream.ts';
import { FAKE_FACTS } from './fake-sandbox-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { until } from './until.ts';

/** What the far end tells at its start, one after the other. */
export const FACTS = json({ ...FAKE_FACTS, network: 'proxy', hosts: ['public.example'] });
export const READY = json({ sandbox: 'x' });
export const OPENED = json({ pid: 2 });

export function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** A sandbox whose far end is a bare socket, which has told nothing yet. */
export async function start() {
  const path = join(await temporaryFolder(), 'sandbox.sock');
  const accepted: Socket[] = [];
  const daemon = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket.on('error', () => socket.destroy()));
  });
  await new Promise<void>((resolve) => daemon.listen(path, resolve));
  const told: string[] = [];
  const failures: string[] = [];
  const streams: SandboxStream[] = [];
  const abort = new AbortController();
  const sandbox = new Sandbox(path, 'ipython', abort.signal, {
    ready: () => told.push('ready'),
    opened: () => told.push('opened'),
    data: (bytes) => told.push(`data ${bytes.length}`),
    acked: (bytes) => told.push(`acked ${bytes}`),
    noticed: (limit) => told.push(limit),
    connected: (stream) => void streams.push(stream.on('error', () => undefined)),
    exited: () => told.push('exited'),
    failed: ({ message }) => failures.push(message),
    gone: () => told.push('gone'),
  });
  const far = await until('the connection', () => accepted[0]);
  onTestFinished(() => {
    abort.abort();
    far.destroy();
    daemon.close();
  });
  const send = (type: FrameType, payload: Buffer = Buffer.alloc(0), terminal = 1) =>
    far.write(encodeFrame({ type, terminal, payload }));
  return { sandbox, far, abort, send, told, failures, streams };
}

/** The same, with its terminal open. */
export async function startOpen(facts = FACTS) {
  const parts = await start();
  parts.send(FRAME_TYPES.facts, facts, 0);
  parts.send(FRAME_TYPES.ready, READY, 0);
  await until('it is ready', () => parts.told.includes('ready'));
  parts.sandbox.open({ cols: 80, rows: 24 });
  parts.send(FRAME_TYPES.open, OPENED);
  await until('the terminal', () => parts.told.includes('opened'));
  return parts;
}
