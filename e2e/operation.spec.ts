/** What the people who run it rely on: who may do what, every way of ending, and what the log holds. */
import { readFile } from 'node:fs/promises';
import { fieldOf, partsOf, processes, sandboxed } from './processes.ts';
import type { Stack } from './stack.ts';
import { expect, test } from './test.ts';

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
  test(`after ${name} no part and no sandbox is left`, async ({ page, startAnother }) => {
    const others = new Set(await sandboxed());
    const stack = await startAnother();
    const parts = await partsOf(stack);
    await page.goto(`${stack.consoleUrl}/console?site=demo`);
    await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
    const ours = (await sandboxed()).filter((pid) => !others.has(pid));
    // The template, init and the interpreter at least.
    expect(ours.length).toBeGreaterThanOrEqual(3);

    await end(stack);
    const left = async () => (await sandboxed()).filter((pid) => ours.includes(pid));
    await expect.poll(left).toEqual([]);
    await expect
      .poll(() =>
        processes((status) => Object.values(parts).map(String).includes(fieldOf(status, 'Pid'))),
      )
      .toEqual([]);
    await expect(page.getByRole('alert')).not.toBeEmpty();
  });
}

test('a restart is told to the visitor as such', async ({ page, startAnother }) => {
  const stack = await startAnother();
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
  expect(await stack.stop()).toBe(0);
  await expect(page.getByRole('alert')).toContainText('The server is being restarted.');
});

test('the log has no address, no token and nothing of what was typed', async ({
  page,
  startAnother,
}) => {
  const stack = await startAnother({ TRY_CONSOLE_LOG_LEVEL: 'debug' });
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
  await page.keyboard.type('"se" + "cret"\n');
  await expect(page.locator('.xterm-rows')).toContainText("'secret'");
  await stack.stop();
  const log = stack.output().split('open this one')[1] ?? '';
  expect(log).toContain('session ended');
  expect(log).not.toMatch(/secret|"se"|eyJ|"127\.0\.0\.1"|::1/);
});
