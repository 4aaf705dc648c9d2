/** What a visitor does in the console: it is a real IPython. */
import { expect, test } from './test.ts';

test.beforeEach(async ({ consolePage }) => {
  await consolePage.launch();
});

test('1+1 gives 2', async ({ consolePage }) => {
  await consolePage.run('1+1');
  await consolePage.expectScreen(/Out\[1\]: 2\n/);
  await consolePage.expectPrompt(2);
});

test('a traceback is coloured', async ({ consolePage }) => {
  await consolePage.run('1/0');
  await consolePage.expectScreen(/ZeroDivisionError: division by zero/);
  const name = consolePage.rows.locator('span', { hasText: /^ZeroDivisionError$/ }).first();
  const colour = await name.evaluate((element) => getComputedStyle(element).color);
  const plain = await consolePage.rows.evaluate((element) => getComputedStyle(element).color);
  expect(colour).not.toBe(plain);
});

test('Tab completes', async ({ consolePage }) => {
  await consolePage.type('"abc".upp');
  await consolePage.page.keyboard.press('Tab');
  await consolePage.expectScreen(/"abc"\.upper/);
});

test('arrow up brings the last line back', async ({ consolePage }) => {
  await consolePage.run('2**10');
  await consolePage.expectPrompt(2);
  await consolePage.page.keyboard.press('ArrowUp');
  await consolePage.page.keyboard.press('Enter');
  await consolePage.expectScreen(/Out\[2\]: 1024/);
});

test('Ctrl-C interrupts an endless loop', async ({ consolePage }) => {
  await consolePage.run('print("looping"); exec("while True: pass")');
  await consolePage.expectScreen(/^looping$/m);
  await consolePage.page.keyboard.press('Control+c');
  await consolePage.expectScreen(/KeyboardInterrupt/);
  await consolePage.expectPrompt(2);
});

test('Ctrl-C is not kept behind a paste that nobody reads', async ({ consolePage }) => {
  await consolePage.run('print("busy"); exec("while True: pass")');
  await consolePage.expectScreen(/^busy$/m);
  await consolePage.paste('print("pasted")\n'.repeat(10_000));
  await consolePage.page.keyboard.press('Control+c');
  await consolePage.expectScreen(/KeyboardInterrupt/);
});

test('Ctrl-C stops an endless print, and the page stays alive meanwhile', async ({
  consolePage,
}) => {
  await consolePage.run("while True: print('flood ' * 12)");
  await consolePage.expectScreen(/(flood .*\n){5}/);
  expect(await consolePage.page.evaluate(() => document.title)).toContain('Python');
  await consolePage.page.keyboard.press('Control+c');
  await consolePage.expectScreen(/KeyboardInterrupt/);
  await consolePage.expectPrompt(2);
});

test('the terminal knows the size of its frame, also after that has changed', async ({
  consolePage,
}) => {
  const ask = 'import shutil; print(*shutil.get_terminal_size())';
  const answers = async () => (await consolePage.screen()).match(/^\d+ \d+$/gm) ?? [];
  const rows = () => consolePage.rows.locator('> div').count();

  await consolePage.run(ask);
  await expect.poll(async () => (await answers()).at(-1)?.split(' ')[1]).toBe(String(await rows()));
  const [wide] = (await answers()).at(-1)?.split(' ') ?? [];

  await consolePage.page.setViewportSize({ width: 600, height: 900 });
  await expect(async () => {
    await consolePage.run(ask);
    const [narrow] = (await answers()).at(-1)?.split(' ') ?? [];
    expect(Number(narrow)).toBeLessThan(Number(wide));
  }).toPass();
});

test('text of every script survives the way there and back', async ({ consolePage }) => {
  await consolePage.run('"λόγος 漢字 🐍"[::-1][::-1].upper()');
  await consolePage.expectScreen(/Out\[1\]: 'ΛΌΓΟΣ 漢字 🐍'/);
});

test('a paste larger than the input window arrives whole', async ({ consolePage }) => {
  // The line is read without the editor, which would take its time over 150,000 characters.
  await consolePage.run(
    'import sys, tty; tty.setcbreak(0); print("reading"); n = len(sys.stdin.readline())',
  );
  await consolePage.expectScreen(/^reading$/m);
  await consolePage.paste(`${'x'.repeat(150_000)}\n`);
  await consolePage.expectPrompt(2);
  await consolePage.run('n');
  await consolePage.expectScreen(/Out\[2\]: 150001/);
});

test('exit ends the console, says so, and Enter brings a new one', async ({ consolePage }) => {
  await consolePage.run('kept = 1');
  await consolePage.expectPrompt(2);
  await consolePage.run('exit');
  const notice = consolePage.frame.getByRole('alert');
  await expect(notice).toContainText('The program has ended. Exit code 0. Press Enter');
  await expect(consolePage.iframe).toBeVisible();
  await consolePage.expectRestart('kept');
});

test('a process that kills itself is told by its signal', async ({ consolePage }) => {
  await consolePage.run('import os; os.kill(os.getpid(), 9)');
  await expect(consolePage.frame.getByRole('alert')).toContainText('It was stopped by SIGKILL.');
});
