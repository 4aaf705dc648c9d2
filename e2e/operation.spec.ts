/** What the people who run it meet: starting, what goes wrong then, and every way of ending. */
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, startStack, type Stack } from './stack.ts';
import { expect, test } from './test.ts';

/** The first and last host user id that sandboxes may have. */
const SANDBOX_IDS = { first: 1_900_000_000, last: 1_900_262_143 };

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

/** The pids of all processes for which `wanted` holds of /proc/PID/status. */
async function processes(wanted: (status: string) => boolean): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const found = pids.map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return wanted(status) ? [pid] : [];
  });
  return (await Promise.all(found)).flat();
}

function fieldOf(status: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

/** Processes of any sandbox or template on this machine. */
function sandboxed(): Promise<number[]> {
  return processes((status) => {
    const uid = Number(fieldOf(status, 'Uid').split('\t')[0]);
    return uid >= SANDBOX_IDS.first && uid <= SANDBOX_IDS.last;
  });
}

function childrenOf(pid: number | undefined): Promise<number[]> {
  return processes((status) => fieldOf(status, 'PPid') === String(pid));
}

/** The two children of a stack: the daemon, and the server that anyone can reach. */
async function partsOf(stack: Stack): Promise<{ daemon: number; server: number }> {
  const parts = { daemon: 0, server: 0 };
  for (const pid of await childrenOf(stack.process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('sandbox\0serve')) parts.daemon = pid;
    else if (command.includes('main.js')) parts.server = pid;
  }
  return parts;
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

test('the public process is nobody in particular, and can become nobody else', async ({
  stack,
}) => {
  const { server } = await partsOf(stack);
  const status = await readFile(`/proc/${server}/status`, 'utf8');
  const [real, effective] = fieldOf(status, 'Uid').split('\t');
  expect(Number(real)).toBeGreaterThan(0);
  expect(effective).toBe(real);
  expect(fieldOf(status, 'Groups').trim()).toBe('');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
    expect([set, fieldOf(status, set)]).toEqual([set, '0000000000000000']);
  }
  expect(fieldOf(status, 'NoNewPrivs')).toBe('1');
});

/** Every way in which a stack may end, with what the supervisor's exit code then is. */
const ENDS: Record<string, (stack: Stack) => Promise<NodeJS.Signals | number | null>> = {
  'SIGTERM to the supervisor': (stack) => stack.stop(),
  'kill -9 of the supervisor': async (stack) => {
    stack.process.kill('SIGKILL');
    return stack.stop();
  },
  'kill -9 of the console server': async (stack) => {
    const { server } = await partsOf(stack);
    process.kill(server, 'SIGKILL');
    return stack.stop();
  },
  'kill -9 of the sandbox daemon': async (stack) => {
    const { daemon } = await partsOf(stack);
    process.kill(daemon, 'SIGKILL');
    return stack.stop();
  },
};

for (const [name, end] of Object.entries(ENDS)) {
  test(`after ${name} no part and no sandbox is left`, async ({ page }) => {
    const others = new Set(await sandboxed());
    const stack = await startStack();
    const parts = await partsOf(stack);
    await page.goto(`${stack.consoleUrl}/console?site=demo`);
    await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
    const ours = async () => (await sandboxed()).filter((pid) => !others.has(pid));
    // The template, init and the interpreter at least.
    expect((await ours()).length).toBeGreaterThanOrEqual(3);

    await end(stack);
    await expect.poll(ours).toEqual([]);
    await expect
      .poll(() =>
        processes((status) => Object.values(parts).map(String).includes(fieldOf(status, 'Pid'))),
      )
      .toEqual([]);
    await expect(page.getByRole('alert')).not.toBeEmpty();
  });
}

test('a restart is told to the visitor as such', async ({ page }) => {
  const stack = await startStack();
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
  expect(await stack.stop()).toBe(0);
  await expect(page.getByRole('alert')).toContainText('The server is being restarted.');
});

test('the log has no address, no token and nothing of what was typed', async ({ page }) => {
  const stack = await startStack({ TRY_CONSOLE_LOG_LEVEL: 'debug' });
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
  await page.keyboard.type('"se" + "cret"\n');
  await expect(page.locator('.xterm-rows')).toContainText("'secret'");
  await stack.stop();
  const log = stack.output().split('open this one')[1] ?? '';
  expect(log).toContain('session ended');
  expect(log).not.toMatch(/secret|"se"|eyJ|"127\.0\.0\.1"|::1/);
});
