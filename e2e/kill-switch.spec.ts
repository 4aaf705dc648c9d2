/** The people who run it stop it, from the command line and by HTTP. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT, type Stack } from './stack.ts';
import { expect, test } from './test.ts';

/** What an operator types. */
async function npmRunSwitch(stack: Stack, ...words: string[]): Promise<string> {
  const command = ['run', '--silent', 'switch', '--', ...words];
  const { stdout } = await promisify(execFile)('npm', command, { cwd: ROOT, env: stack.env });
  return stdout;
}

test.afterEach(async ({ stack }) => {
  await npmRunSwitch(stack, 'on', 'the test is over');
});

test('off ends the living console with a notice, and hides the button at the next load', async ({
  consolePage,
  stack,
}) => {
  await consolePage.launch();
  expect(await npmRunSwitch(stack, 'off', 'too', 'much')).toMatch(/^off, .* too much\n$/);
  await expect(consolePage.frame.getByRole('alert')).toContainText('switched off');

  const health = consolePage.page.waitForResponse('**/v1/health*');
  await consolePage.open();
  expect(await (await health).json()).toEqual({ status: 'off' });
  await expect(consolePage.button).toHaveCount(0);

  expect(await npmRunSwitch(stack)).toMatch(/^off, /);
  await npmRunSwitch(stack, 'on', 'better now');
  await consolePage.launch();
});

test('drain starts no new console and leaves the living one alone', async ({
  consolePage,
  page,
  stack,
}) => {
  await consolePage.launch();
  await npmRunSwitch(stack, 'drain', 'before an update');
  await consolePage.run('40+2');
  await consolePage.expectScreen(/Out\[1\]: 42/);
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  await expect(page.getByRole('alert')).toContainText('switched off');
});

test('the HTTP call needs the token, and does the same', async ({ stack, page }) => {
  const url = `${stack.consoleUrl}/v1/switch`;
  const change = { position: 'off', who: 'test', reason: 'by HTTP' };
  const refused = await page.request.put(url, { data: change });
  expect(refused.status()).toBe(401);
  const authorization = `Bearer ${await stack.adminToken()}`;
  const moved = await page.request.put(url, { data: change, headers: { authorization } });
  expect(moved.status()).toBe(200);
  const health = await page.request.get(`${stack.consoleUrl}/v1/health?site=demo`);
  expect(await health.json()).toEqual({ status: 'off' });
  const page503 = await page.request.get(`${stack.consoleUrl}/console?site=demo`);
  expect(page503.status()).toBe(503);
});
