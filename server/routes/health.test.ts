import { expect, test } from 'vitest';
import { startTestServer } from '../testing/test-server.ts';

test('health is "ok" to the pages of the site', async () => {
  const { consoleUrl, docsUrl } = await startTestServer();
  const response = await health(consoleUrl, docsUrl);
  expect(await response.json()).toEqual({ status: 'ok' });
  expect(response.headers.get('access-control-allow-origin')).toBe(docsUrl);
  expect(response.headers.get('vary')).toMatch(/origin/i);
});

test('a foreign page cannot read health', async () => {
  const { consoleUrl } = await startTestServer();
  const response = await health(consoleUrl, 'https://evil.example');
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(await response.json()).toEqual({ status: 'site' });
});

test('health is never kept, so that the next page knows of the switch', async () => {
  const server = await startTestServer();
  const { headers } = await health(server.consoleUrl, server.docsUrl);
  expect(headers.get('cache-control')).toBe('no-store');
  await server.moveSwitch('off');
  for (const site of ['demo', 'unknown', '']) {
    const response = await health(server.consoleUrl, server.docsUrl, site);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ status: site === 'demo' ? 'off' : 'site' });
  }
});

function health(consoleUrl: string, origin: string, site = 'demo'): Promise<Response> {
  return fetch(`${consoleUrl}/v1/health?site=${site}`, { headers: { origin } });
}
