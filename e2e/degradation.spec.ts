/** A page whose console cannot be had reads as it did before, and slow ways in still work. */
import { expect, test } from './test.ts';
import type { ConsolePage } from './console-page.ts';

const HEALTH = '**/v1/health*';

/** The page has what it would have without us: its sample, and no more. */
async function expectPlainPage({ page, button, sample, iframe }: ConsolePage): Promise<void> {
  await expect(sample).toBeVisible();
  await expect(button).toHaveCount(0);
  await expect(iframe).toHaveCount(0);
  await expect(page.getByRole('link', { name: /console/i }).first()).toBeVisible();
}

test('a console server that cannot be reached leaves the page as it was', async ({
  consolePage,
  stack,
}) => {
  const asked = consolePage.page.waitForEvent('requestfailed', (request) =>
    request.url().startsWith(stack.consoleUrl),
  );
  await consolePage.page.route(`${stack.consoleUrl}/**`, (route) => route.abort());
  await consolePage.open();
  await asked;
  await expectPlainPage(consolePage);
});

test('a health that is not "ok" leaves the page as it was', async ({ consolePage }) => {
  const answer = consolePage.page.waitForResponse(HEALTH);
  await consolePage.page.route(HEALTH, (route) =>
    route.fulfill({ json: { status: 'full' }, headers: { 'Access-Control-Allow-Origin': '*' } }),
  );
  await consolePage.open();
  await answer;
  await expectPlainPage(consolePage);
});

test('a health that takes longer than 3 s counts as none', async ({ consolePage }) => {
  const { page } = consolePage;
  // Never answered: the loader has to give up by itself.
  await page.route(HEALTH, () => undefined);
  const given = page.waitForEvent('requestfailed', (request) => request.url().includes('/health'));
  await consolePage.open();
  expect((await given).failure()?.errorText).toContain('ABORTED');
  await expectPlainPage(consolePage);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the page reads as ever, and links to the console', async ({ consolePage }) => {
    await consolePage.open();
    await expectPlainPage(consolePage);
  });
});

for (const [name, blocked, used] of [
  ['WebSocket is blocked', /\/websocket(\?|$)/, /\/xhr_streaming\?/],
  ['WebSocket and streaming are blocked', /\/(websocket|xhr_streaming)(\?|$)/, /\/xhr\?/],
] as const) {
  test(`a console works where ${name}`, async ({ consolePage }) => {
    const { page } = consolePage;
    await page.routeWebSocket(blocked, (socket) => socket.close());
    await page.route(blocked, (route) => route.abort());
    const transport = page.waitForRequest((request) => used.test(request.url()));
    await consolePage.launch();
    await transport;
    await consolePage.run('3*5');
    await consolePage.expectScreen(/Out\[1\]: 15/);
  });
}
