/** What a visitor sees when a limit is met: which one, in words, and the console goes on wherever it can. */
import AxeBuilder from '@axe-core/playwright';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsolePage } from './console-page.ts';
import { ROOT } from './stack.ts';
import { expect, test } from './test.ts';

/** Half a gigabyte, twice what a sandbox has. */
const TOO_MUCH = 'b"x" * (1 << 29)';

/** What the frame says of limits. */
function said(consolePage: ConsolePage, words: RegExp) {
  return consolePage.frame.getByRole('status').filter({ hasText: words });
}

test('out of memory in a child: it is killed, and the prompt lives', async ({ consolePage }) => {
  await consolePage.launch();
  await consolePage.run(`!python3 -c '${TOO_MUCH}'`);
  await expect(said(consolePage, /killed: out of memory \(256 MB\)/)).toBeVisible();
  await consolePage.run('6*7');
  await consolePage.expectScreen(/Out\[\d\]: 42/);
});

test('out of memory in the interpreter: the console ends with the reason, and Enter brings a new one', async ({
  consolePage,
}) => {
  await consolePage.launch();
  await consolePage.run(`kept = ${TOO_MUCH}`);
  const alert = consolePage.frame.getByRole('alert');
  await expect(alert).toContainText('killed: out of memory (256 MB). Press Enter');
  await consolePage.expectRestart('kept');
});

test('a full disk is told', async ({ consolePage }) => {
  await consolePage.launch();
  await consolePage.run('!head -c 40M /dev/zero | split -b 1M - /tmp/part-');
  await expect(said(consolePage, /disk full/)).toBeVisible();
  await consolePage.expectScreen(/No space left on device/);
  await consolePage.expectPrompt(2);
});

test('too many processes are told with how many there may be', async ({ consolePage }) => {
  await consolePage.launch();
  await consolePage.run('!for i in $(seq 70); do sleep 2 & done');
  await expect(said(consolePage, /too many processes \(64\)/)).toBeVisible();
});

test('a program that wants a network is told that there is none', async ({ consolePage }) => {
  await consolePage.launch();
  await consolePage.run('import socket; socket.create_connection(("127.0.0.1", 80))');
  await consolePage.expectScreen(/Network is unreachable/);
  await expect(said(consolePage, /no network/)).toBeVisible();
});

test('what is said of a limit stays while it is read, takes no key, and goes when one types on', async ({
  consolePage,
}) => {
  await consolePage.launch();
  await consolePage.run('import socket; socket.socket()');
  const notice = said(consolePage, /no network/);
  await expect(notice).toBeVisible();
  await consolePage.run('6*7');
  await consolePage.expectScreen(/Out\[2\]: 42/);
  await expect(notice).toBeVisible();
  expect((await new AxeBuilder({ page: consolePage.page }).analyze()).violations).toEqual([]);
  await expect(async () => {
    await consolePage.page.keyboard.press('Shift');
    await expect(notice).toBeHidden({ timeout: 100 });
  }).toPass({ timeout: 30_000 });
});

test('in a low frame the terminal keeps three rows, whatever is said of limits', async ({
  page,
  stack,
}) => {
  await page.setViewportSize({ width: 390, height: 160 });
  await page.goto(`${stack.consoleUrl}/console?site=demo`);
  const rows = page.locator('.xterm-rows > div');
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
  // In one line: a key that is pressed later could take the first of them away.
  const disk = 'head -c 40M /dev/zero | split -b 1M - /tmp/part-';
  const processes = 'for i in $(seq 70); do sleep 2 & done';
  await page.keyboard.type(
    `import os, socket; os.system("${disk}; ${processes}"); socket.socket()\n`,
  );
  const notices = page.locator('#limits p');
  await expect(notices).toHaveCount(3);
  await expect(notices.first()).toBeInViewport({ ratio: 1 });
  expect(await rows.count()).toBeGreaterThanOrEqual(3);
  await expect(rows.nth(2)).toBeInViewport({ ratio: 1 });
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});

test('past its CPU allowance a console goes on in the slow lane, and says so', async ({
  page,
  startAnother,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'try-console-environments-'));
  const declared = await readFile(join(ROOT, 'sandbox/environments/ipython.toml'), 'utf8');
  const frugal = declared.replace(/cpu_seconds = \d+/, 'cpu_seconds = 1');
  await writeFile(join(folder, 'ipython.toml'), frugal);
  try {
    const stack = await startAnother({ TRY_CONSOLE_ENVIRONMENTS_FOLDER: folder });
    const consolePage = new ConsolePage(page, stack.docsUrl);
    await consolePage.launch();
    await consolePage.run('exec("while True: pass")');
    await expect(said(consolePage, /slow lane: CPU allowance used/)).toBeVisible();
    await page.keyboard.press('Control+c');
    await consolePage.expectScreen(/KeyboardInterrupt/);
    await consolePage.run('6*7');
    await consolePage.expectScreen(/Out\[2\]: 42/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
