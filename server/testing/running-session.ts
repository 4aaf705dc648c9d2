/** A session for a test, with a client that remembers and a fake daemon at its far end. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { End, Notice } from '../protocol.ts';
import { Session, type SessionClient, type SessionOptions } from '../session.ts';
import {
  startFakeDaemon,
  type FakeDaemonOptions,
  type FakeSandbox,
} from './fake-sandbox-daemon.ts';
import { temporaryFolder } from './folder.ts';
import { until } from './until.ts';

export const OPTIONS: Omit<SessionOptions, 'socketPath'> = {
  environment: 'ipython',
  size: { cols: 80, rows: 24 },
  idleTimeoutMs: 10_000,
  sessionTimeoutMs: 10_000,
  stallTimeoutMs: 10_000,
  createProxy: () => {
    throw new Error('the fake environment has no proxy');
  },
};

/** A client that remembers what it was told. */
export class RecordingClient implements SessionClient {
  isRunning = false;
  isGone = false;
  output = '';
  /** Messages of output that were not acknowledged yet. */
  unacked = 0;
  /** Messages of input that were taken. */
  taken = 0;
  readonly notices: Notice[] = [];
  readonly ends: End[] = [];

  get end(): End | undefined {
    return this.ends[0];
  }

  running(): void {
    this.isRunning = true;
  }

  write(text: string): void {
    this.output += text;
    this.unacked += 1;
  }

  acked(messages: number): void {
    this.taken += messages;
  }

  noticed(notice: Notice): void {
    this.notices.push(notice);
  }

  ended(end: End): void {
    this.ends.push(end);
  }

  gone(): void {
    this.isGone = true;
  }
}

/** Acknowledges all output so far. */
export function ackAll(session: Session, client: RecordingClient): void {
  const messages = client.unacked;
  client.unacked = 0;
  if (messages > 0) session.ack(messages);
}

/** Starts a session and waits until the daemon was asked for its sandbox. */
export async function start(
  options: Partial<SessionOptions> = {},
  daemonOptions: FakeDaemonOptions = {},
) {
  const socketPath = join(await temporaryFolder(), 'sandbox.sock');
  const daemon = await startFakeDaemon(socketPath, daemonOptions);
  onTestFinished(() => daemon.stop());
  const client = new RecordingClient();
  const session = new Session({ ...OPTIONS, socketPath, ...options }, client);
  onTestFinished(() => session.end({ reason: 'lost' }));
  await until('a sandbox', () => daemon.sandboxes[0]);
  const sandbox = () => daemon.sandboxes[0] as FakeSandbox;
  return { session, client, sandbox };
}

/** Starts a session and waits until its process runs. */
export async function startRunning(
  options: Partial<SessionOptions> = {},
  daemonOptions: FakeDaemonOptions = {},
) {
  const { session, client, sandbox } = await start(options, daemonOptions);
  await until('the process', () => client.isRunning);
  return { session, client, sandbox: sandbox() };
}
