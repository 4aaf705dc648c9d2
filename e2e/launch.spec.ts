/** A visitor opens a console on a documentation page, and closes it again. */
import { get } from 'node:http';
import { expect, test } from './test.ts';

/** How many bytes of a body are on the wire, for a browser that takes gzip. */
function wireBytes(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { 'Accept-Encoding': 'gzip' } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => resolve(bytes));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

test('before the click the page loads the loader and asks for the health, and nothing else', async ({
  consolePage,
  stack,
}) => {
  const requests: string[] = [];
  consolePage.page.on('request', (request) => requests.push(request.url()));
  await consolePage.open();
  await expect(consolePage.button).toBeVisible();
  const foreign = requests.filter((url) => url.startsWith(stack.consoleUrl));
  expect(foreign.map((url) => new URL(url).pathname)).toEqual(['/embed.js', '/v1/health']);
  await expect(consolePage.iframe).toHaveCount(0);
});

test('the page and the console are of two sites, and the browser keeps nothing for the frame', async ({
  consolePage,
}) => {
  await consolePage.launch();
  const frame = consolePage.page.frames().find((each) => each.url().includes('/console'));
  const stored = await frame?.evaluate(() => {
    try {
      return String(localStorage.length);
    } catch (error) {
      return (error as Error).name;
    }
  });
  expect(stored).toBe('SecurityError');
  expect(await consolePage.page.context().cookies()).toEqual([]);
});

test('the frame has the rectangle of the sample to the pixel, and nothing on the page moves', async ({
  consolePage,
}) => {
  const { page, sample } = consolePage;
  await page.addInitScript(() => {
    const record = window as unknown as { shifts: number };
    record.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        record.shifts += (entry as unknown as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await consolePage.open();
  const before = await sample.boundingBox();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await expect(consolePage.button).toBeVisible();
  expect(await sample.boundingBox()).toEqual(before);
  await consolePage.button.click();
  await consolePage.expectPrompt(1);
  expect(await consolePage.iframe.boundingBox()).toEqual(before);
  expect(await sample.boundingBox()).toEqual(before);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(height);
  expect(await page.evaluate(() => (window as unknown as { shifts: number }).shifts)).toBe(0);
});

test('the frame follows the sample when the window is made narrower', async ({ consolePage }) => {
  await consolePage.launch();
  await consolePage.page.setViewportSize({ width: 700, height: 900 });
  await expect(async () => {
    expect(await consolePage.iframe.boundingBox()).toEqual(await consolePage.sample.boundingBox());
  }).toPass();
});

test('closing gives the sample back, and the keyboard to the button', async ({ consolePage }) => {
  await consolePage.launch();
  await expect(consolePage.sample).toBeHidden();
  await consolePage.frame.getByRole('button', { name: 'Close console' }).click();
  await expect(consolePage.iframe).toHaveCount(0);
  await expect(consolePage.sample).toBeVisible();
  await expect(consolePage.button).toBeFocused();
});

test('without a mouse: open, type, leave the terminal, close', async ({ consolePage }) => {
  const { page } = consolePage;
  await consolePage.open();
  await consolePage.button.focus();
  await page.keyboard.press('Enter');
  await consolePage.expectPrompt(1);
  await consolePage.run('6*7');
  await consolePage.expectScreen(/Out\[1\]: 42/);
  await page.keyboard.press('Control+Shift+.');
  await expect(consolePage.frame.getByRole('button', { name: 'Close console' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(consolePage.button).toBeFocused();
});

test('the console also has a page of its own, which no other page can frame', async ({
  page,
  stack,
}) => {
  const response = await page.goto(`${stack.consoleUrl}/console?site=demo`);
  expect(response?.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  await expect(page.locator('.xterm-rows')).toContainText('In [1]:');
  await expect(page.getByRole('button', { name: 'Close console' })).toBeHidden();
});

/** On the wire, in bytes. The terminal emulator has 82 KB of the frame, SockJS 16, all of ours what is left. */
const LOADER_BYTES = 3_000;
const FRAME_BYTES = 118_000;

test('the loader is under 3 KB on the wire, the console under 118', async ({
  consolePage,
  stack,
}) => {
  const loaded: string[] = [];
  consolePage.page.on('requestfinished', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === stack.consoleUrl && !pathname.startsWith('/v1/')) loaded.push(request.url());
  });
  await consolePage.launch();
  const [loader = '', ...frame] = loaded;
  expect(loader).toMatch(/embed\.js$/);
  expect(await wireBytes(loader)).toBeLessThan(LOADER_BYTES);
  expect(frame.filter((url) => url.includes('/assets/')).length).toBeGreaterThan(1);
  const sizes = await Promise.all(frame.map(wireBytes));
  expect(sizes.reduce((sum, bytes) => sum + bytes)).toBeLessThan(FRAME_BYTES);
});
