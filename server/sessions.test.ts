import { pino } from 'pino';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toConfig } from './config.ts';
import { Dialer } from './dial.ts';
import { FRAME_TYPES } from './frames.ts';
import { Names } from './names.ts';
import { Sessions } from './sessions.ts';
import { FAKE_FACTS, startFakeDaemon } from './testing/fake-sandbox-daemon.ts';
import { temporaryFolder } from './testing/folder.ts';
import { RecordingClient } from './testing/running-session.ts';
import { until } from './testing/until.ts';

test('a connection through the proxy is logged with whose it is, and no address in clear', async () => {
  const socketPath = join(await temporaryFolder(), 'sandbox.sock');
  const facts = { ...FAKE_FACTS, network: 'proxy', hosts: ['public.example'] };
  const daemon = await startFakeDaemon(socketPath, { facts });
  onTestFinished(() => daemon.stop());
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = pino({ base: null, timestamp: false }, { write });
  const config = toConfig({ TRY_CONSOLE_SANDBOX_SOCKET: socketPath });
  const sessions = new Sessions(config, log, new Dialer(new Names(() => Promise.resolve([]))));
  onTestFinished(() => sessions.endAll({ reason: 'lost' }));
  const client = new RecordingClient();
  sessions.start({
    visitor: { id: 'a-visitor', site: 'demo', environment: 'ipython' },
    addressHash: 'hashed',
    size: { cols: 80, rows: 24 },
    lease: { release: () => undefined },
    client,
  });
  await until('the process', () => client.isRunning);
  const sandbox = daemon.sandboxes[0];
  sandbox?.send(FRAME_TYPES.streamOpen, Buffer.alloc(0));
  sandbox?.send(FRAME_TYPES.streamClose, Buffer.alloc(0));
  const line = await until('its line', () => lines.find(({ msg }) => msg === 'proxy connection'));
  expect(line).toMatchObject({ visitor: 'a-visitor', site: 'demo', address: 'hashed' });
});
