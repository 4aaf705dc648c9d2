import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { build } from 'vite';
import { startFakeDaemon } from './testing/fake-sandbox-daemon.ts';
import { temporaryFolder } from './testing/folder.ts';
import { startConsole, TRANSPORTS } from './testing/socket-client.ts';
import { readBoot, writePages } from './testing/test-server.ts';
import { until } from './testing/until.ts';

test('the bundle alone, far from node_modules, serves a console over every transport', async () => {
  const { env, bundle, socketPath } = await setUp();
  const daemon = await startFakeDaemon(socketPath);
  onTestFinished(() => daemon.stop());
  const { child, said, listening } = start(bundle, env);
  const { consoleUrl } = await listening();
  const takeToken = async () => {
    const page = await fetch(`${consoleUrl}/console?site=demo`);
    return readBoot(await page.text()).token ?? '';
  };
  for (const transport of TRANSPORTS) {
    const client = await startConsole({ consoleUrl, takeToken }, transport);
    await client.has('running');
    client.send({ kind: 'input', data: `over ${transport}` });
    await until('the echo', () => client.output === `over ${transport}`);
  }
  child.kill('SIGTERM');
  await until('its end', () => child.exitCode === 0);
  expect(said.stderr).toBe('');
  const lines = said.stdout.trim().split('\n');
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(messages).toContain('session runs');
  expect(messages).toContain('session ended');
  expect(said.stdout).not.toContain('127.0.0.1"');
  expect(said.stdout).not.toContain('over websocket');
});

test('the server makes its admin token, and ends when its supervisor does', async () => {
  const { env, bundle } = await setUp();
  const { child, listening } = start(bundle, env);
  await listening();
  const token = await readFile(join(env.TRY_CONSOLE_STATE_DIR, 'admin-token'), 'utf8');
  expect(token).toMatch(/^[\w-]{43}\n$/);
  child.disconnect();
  await until('its end', () => child.exitCode === 0);
});

test('what keeps the server from starting is one plain sentence each, and exit code 1', async () => {
  const { env, bundle } = await setUp();
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const cases = [
    [{ TRY_CONSOLE_PORT: 'x' }, 'TRY_CONSOLE_PORT is "x": give a whole number from 0 to 65535.\n'],
    [
      { TRY_CONSOLE_DOCS_PORT: String(port) },
      `TRY_CONSOLE_DOCS_PORT ${port} on 127.0.0.1 is in use: ` +
        'end the program that uses it, or give another port.\n',
    ],
    [
      { TRY_CONSOLE_WEB_DIR: '/nowhere' },
      '/nowhere/embed/console.html is missing or damaged: build it with "npm run build".\n',
    ],
  ] as const;
  for (const [options, sentence] of cases) {
    const run = spawnSync(process.execPath, [bundle], {
      env: { ...env, ...options },
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(run.stderr).toBe(`try-console: ${sentence}`);
    expect(run.status).toBe(1);
  }
});

interface Urls {
  type: 'listening';
  consoleUrl: string;
  docsUrl: string;
}

/** Bundles the server as a release does, and makes all it needs. */
async function setUp() {
  const folder = await temporaryFolder();
  await build({
    configFile: resolve(import.meta.dirname, 'vite.config.ts'),
    build: { outDir: join(folder, 'server'), sourcemap: false },
    logLevel: 'error',
  });
  const socketPath = join(folder, 'sandbox.sock');
  const env = {
    TRY_CONSOLE_PORT: '0',
    TRY_CONSOLE_DOCS_PORT: '0',
    TRY_CONSOLE_SANDBOX_SOCKET: socketPath,
    TRY_CONSOLE_STATE_DIR: join(folder, 'state'),
    TRY_CONSOLE_WEB_DIR: await writePages(join(folder, 'web')),
  };
  return { env, socketPath, bundle: join(folder, 'server', 'main.js') };
}

function start(bundle: string, env: NodeJS.ProcessEnv) {
  const child: ChildProcess = fork(bundle, { env, execArgv: [], silent: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  const heard: Urls[] = [];
  child.stdout?.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (said.stderr += text.toString()));
  child.on('message', (message) => heard.push(message as Urls));
  return { child, said, listening: () => until(`a URL, after ${said.stderr}`, () => heard[0]) };
}
