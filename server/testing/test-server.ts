/** A whole server for a test: real HTTP on free ports, small pages, a fake sandbox daemon. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { toConfig, type Env } from '../config.ts';
import type { ConsoleBoot } from '../protocol.ts';
import { startServer, type Server } from '../server.ts';
import { startFakeDaemon, type FakeDaemon, type FakeDaemonOptions } from './fake-sandbox-daemon.ts';
import { temporaryFolder } from './folder.ts';

export const ADMIN_TOKEN = 'the-admin-token-of-the-tests';

export interface TestServer extends Server {
  docsUrl: string;
  daemon: FakeDaemon;
  /** Loads the console page and takes the proof out of it. */
  takeToken(): Promise<string>;
  /** Moves the kill switch, by the HTTP call. */
  moveSwitch(position: string): Promise<void>;
}

/** Starts a server, and stops it after the running test. */
export async function startTestServer(
  env: Env = {},
  daemonOptions: FakeDaemonOptions = {},
): Promise<TestServer> {
  const folder = await temporaryFolder();
  const socketPath = join(folder, 'sandbox.sock');
  const daemon = await startFakeDaemon(socketPath, daemonOptions);
  onTestFinished(() => daemon.stop());
  const options = {
    PORT: '0',
    DOCS_PORT: '0',
    SANDBOX_SOCKET: socketPath,
    STATE_DIR: join(folder, 'state'),
    WEB_DIR: await writePages(join(folder, 'web')),
    ADMIN_TOKEN,
    LOG_LEVEL: 'silent',
    ...env,
  };
  const prefixed = Object.entries(options).map(([name, value]) => [`TRY_CONSOLE_${name}`, value]);
  const server = await startServer(toConfig(Object.fromEntries(prefixed) as Env));
  onTestFinished(() => server.stop());
  const { consoleUrl, docsUrl = '' } = server;
  return {
    ...server,
    docsUrl,
    daemon,
    takeToken: async () => {
      const { token } = readBoot(await (await fetch(`${consoleUrl}/console?site=demo`)).text());
      if (token === undefined) throw new Error('the console page has no token');
      return token;
    },
    moveSwitch: async (position) => {
      const response = await fetch(`${consoleUrl}/v1/switch`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ position, who: 'test', reason: 'test' }),
      });
      if (!response.ok) throw new Error(`the switch answered ${response.status}`);
    },
  };
}

/** Reads what a console page carries for its script. */
export function readBoot(html: string): ConsoleBoot {
  const [, json = ''] = /<script[^>]*id="console-boot"[^>]*>([^]*?)<\/script>/.exec(html) ?? [];
  return JSON.parse(json) as ConsoleBoot;
}

/** Writes the smallest pages that the server takes for its own. @returns the folder */
export async function writePages(folder: string): Promise<string> {
  const files = {
    'embed/console.html':
      '<!doctype html><script type="application/json" id="console-boot">%BOOT%</script>',
    'embed/embed.js': '/* the loader */',
    'embed/assets/frame-0123.js': '/* the frame */',
    'docs/index.html': '<!doctype html><script src="%CONSOLE_URL%/embed.js" async></script>',
    'docs/style.css': 'body {}',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}
