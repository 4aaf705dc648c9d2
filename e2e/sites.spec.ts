/** A page that is on no site's list gets nothing: no button, and no console in a frame of its own making. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test as base } from './test.ts';

interface Foreign {
  origin: string;
  /** What the site's one page has in its body. */
  body: string;
}

/** A documentation site of somebody else: another port, so another origin, than the one that is listed. */
const test = base.extend<{ foreign: Foreign }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
  foreign: async ({}, use) => {
    const foreign = { origin: '', body: '' };
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!doctype html><title>Foreign</title>${foreign.body}`);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    foreign.origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    await use(foreign);
    server.closeAllConnections();
    server.close();
  },
});

test('a page on an unlisted origin gets no button', async ({ foreign, page, stack }) => {
  const asked = page.waitForEvent('requestfailed', (request) => request.url().includes('/health'));
  foreign.body = `
    <script src="${stack.consoleUrl}/embed.js" async></script>
    <try-console site="demo"><pre>1 + 1</pre></try-console>`;
  await page.goto(foreign.origin);
  await asked;
  await expect(page.getByRole('button')).toHaveCount(0);
});

for (const claim of ['its own', 'a listed'] as const) {
  test(`a frame on an unlisted origin stays empty, whoever claims ${claim} parent`, async ({
    foreign,
    page,
    stack,
  }) => {
    const parent = claim === 'its own' ? foreign.origin : stack.docsUrl;
    const url = `${stack.consoleUrl}/console?site=demo&parent=${encodeURIComponent(parent)}`;
    const refused = page.waitForEvent('console', (message) =>
      message.text().includes('frame-ancestors'),
    );
    foreign.body = `<iframe src="${url}"></iframe>`;
    await page.goto(foreign.origin);
    await refused;
    expect(page.frames().filter((frame) => frame.url().startsWith(stack.consoleUrl))).toEqual([]);
  });
}
