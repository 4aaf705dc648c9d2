import { expect, test } from 'vitest';
import { SOCKET_PATH } from './protocol.ts';
import { startTestServer } from './testing/test-server.ts';

test('the documentation page knows the console server, and allows nothing else', async () => {
  const { consoleUrl, docsUrl } = await startTestServer();
  for (const path of ['/', '/index.html']) {
    const response = await fetch(docsUrl + path);
    expect(await response.text()).toContain(`<script src="${consoleUrl}/embed.js" async>`);
    expect(response.headers.get('content-security-policy')).toContain(`frame-src ${consoleUrl}`);
  }
  expect((await fetch(`${docsUrl}/style.css`)).headers.get('content-type')).toMatch(/^text\/css/);
  expect((await fetch(`${docsUrl}/none`)).status).toBe(404);
  expect((await fetch(`${docsUrl}${SOCKET_PATH}/info`)).status).toBe(404);
});

test('page and console are on two sites', async () => {
  const { consoleUrl, docsUrl } = await startTestServer();
  expect(new URL(consoleUrl).hostname).toBe('127.0.0.1');
  expect(new URL(docsUrl).hostname).toBe('localhost');
});

test('behind a proxy the public URL is what browsers are checked against', async () => {
  const publicUrl = 'https://console.example';
  const { docsUrl } = await startTestServer({ PUBLIC_URL: publicUrl });
  expect(await (await fetch(docsUrl)).text()).toContain(`${publicUrl}/embed.js`);
});
