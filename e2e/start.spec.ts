/** What a start needs, and what it says where it has not got it. */
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT, startStack } from './stack.ts';
import { expect, test } from './test.ts';

/** Runs a start to its end: what it said, and its exit code. */
async function start(command: string[], env: NodeJS.ProcessEnv, cwd = ROOT) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
  let said = '';
  child.stdout.on('data', (data) => (said += String(data)));
  child.stderr.on('data', (data) => (said += String(data)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

test.describe('a start that fails', () => {
  test('on a busy port says which, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const failure = await startStack({ TRY_CONSOLE_PORT: String(port) }).then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    other.close();
    expect(failure).toContain(
      `TRY_CONSOLE_PORT ${port} on 127.0.0.1 is in use: end the program that uses it, or give another port.`,
    );
    expect(failure).toContain('it ended with 1');
    expect(failure).not.toContain('has ended');
  });

  test('on a bad option names the option, the value and the remedy', async () => {
    const env = { TRY_CONSOLE_MAX_SESSIONS: 'many' };
    const { code, said } = await start([process.execPath, 'server/start.mjs'], env);
    expect(said).toContain('TRY_CONSOLE_MAX_SESSIONS is "many": give a whole number from 1 to');
    expect(code).toBe(1);
  });

  test('because a package is missing and cannot be fetched says which, and how to try by hand', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'try-console-fake-bin-'));
    // Fakes of the package manager's two programs: nothing is installed, and there is no network.
    await writeFile(join(folder, 'dpkg-query'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await writeFile(
      join(folder, 'apt-get'),
      '#!/bin/sh\necho "E: Temporary failure resolving the mirror" >&2\nexit 100\n',
      { mode: 0o755 },
    );
    const path = `${folder}:${process.env['PATH'] ?? ''}`;
    const { code, said } = await start([process.execPath, 'server/start.mjs'], { PATH: path });
    await rm(folder, { recursive: true });
    expect(said).toContain('E: Temporary failure resolving the mirror');
    expect(said).toContain(
      'check the network and /etc/apt, then try: apt-get install python3 mmdebstrap python3-seccomp',
    );
    expect(code).toBe(1);
  });

  test('because it is not run by root is one sentence', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'try-console-start-'));
    for (const file of ['start.mjs', 'setup.mjs']) {
      await copyFile(join(ROOT, 'server', file), join(folder, file));
    }
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const open = await start(['chmod', '-R', 'a+rX', folder], {});
    const { code, said } = await start([...asNobody, process.execPath, 'start.mjs'], {}, folder);
    await rm(folder, { recursive: true });
    expect(open.code).toBe(0);
    expect(said).toBe(
      'try-console: not root: the sandbox needs control groups and mounts; run it as root, for example with sudo.\n',
    );
    expect(code).toBe(1);
  });
});

test('a second start on the same socket is refused, and does the first one no harm', async ({
  request,
  stack,
}) => {
  const socket = stack.env['TRY_CONSOLE_SANDBOX_SOCKET'] ?? '';
  const failure = await startStack({ TRY_CONSOLE_SANDBOX_SOCKET: socket }).then(
    () => 'it started',
    (error: unknown) => String(error),
  );
  expect(failure).toContain(`${socket} belongs to a living daemon`);
  expect((await request.get(`${stack.consoleUrl}/embed.js`)).status()).toBe(200);
});

test('a hardened umask keeps nothing from those who need it', async ({ page, startAnother }) => {
  const umask = process.umask(0o077);
  const started = startAnother();
  process.umask(umask);
  const stack = await started;
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
});

test('a sites file by a relative path, in a folder of root alone, is taken', async ({
  request,
  startAnother,
}) => {
  const folder = await mkdtemp(join(ROOT, 'dist', 'sites-'));
  const file = join(folder, 'sites.json');
  const sites = { docs: { origins: ['https://docs.example'], environment: 'ipython' } };
  await writeFile(file, JSON.stringify(sites), { mode: 0o600 });
  const stack = await startAnother({ TRY_CONSOLE_SITES_FILE: relative(ROOT, file) });
  await rm(folder, { recursive: true });
  const headers = { origin: 'https://docs.example' };
  const health = await request.get(`${stack.consoleUrl}/v1/health?site=docs`, { headers });
  expect(await health.json()).toEqual({ status: 'ok' });
});
