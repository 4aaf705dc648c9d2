import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toScriptJson } from './console.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { readBoot, startTestServer } from '../testing/test-server.ts';

test('the console page carries a proof and the origin of the page around it', async () => {
  const { consoleUrl, docsUrl } = await startTestServer();
  const response = await consolePage(consoleUrl, { site: 'demo', parent: docsUrl });
  expect(response.status).toBe(200);
  expect(readBoot(await response.text())).toEqual({
    token: expect.any(String) as string,
    parentOrigin: docsUrl,
  });
});

test('the console page is as strict as a terminal emulator allows, and only its site embeds it', async () => {
  const { consoleUrl, docsUrl } = await startTestServer();
  const { headers } = await consolePage(consoleUrl, { site: 'demo', parent: docsUrl });
  const policy = headers.get('content-security-policy')?.split('; ') ?? [];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain(`connect-src 'self' ${consoleUrl.replace('http', 'ws')}`);
  expect(policy).toContain(
    `frame-ancestors ${docsUrl} ${docsUrl.replace('localhost', '127.0.0.1')}`,
  );
  expect(headers.get('x-frame-options')).toBeNull();
  expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('set-cookie')).toBeNull();
});

test('the full page works, and nobody can embed it', async () => {
  const { consoleUrl } = await startTestServer();
  const response = await consolePage(consoleUrl, { site: 'demo' });
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(readBoot(await response.text())).toEqual({ token: expect.any(String) as string });
});

test.each([
  ['an unlisted page', { site: 'demo', parent: 'https://evil.example' }],
  ['the null origin', { site: 'demo', parent: 'null' }],
  ['an empty origin', { site: 'demo', parent: '' }],
  ['an unknown site', { site: 'other' }],
  ['no site', {}],
])('%s gets the page with a refusal, and no proof', async (_what, query) => {
  const { consoleUrl } = await startTestServer();
  const response = await consolePage(consoleUrl, query);
  expect(response.status).toBe(403);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(readBoot(await response.text())).toEqual({ refused: { reason: 'site' } });
});

test('when no console can start, the page says why and where it came from', async () => {
  const server = await startTestServer();
  await server.moveSwitch('drain');
  const { consoleUrl, docsUrl } = server;
  const response = await consolePage(consoleUrl, { site: 'demo', parent: docsUrl });
  expect(response.status).toBe(503);
  expect(readBoot(await response.text())).toEqual({
    refused: { reason: 'off' },
    parentOrigin: docsUrl,
  });
});

test('what a page carries cannot end its script element', () => {
  const value = { parentOrigin: '</script><!--\u2028&' };
  expect(toScriptJson(value)).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(toScriptJson(value))).toEqual(value);
});

test('sites of a file are served, and then the demo is not', async () => {
  const file = join(await temporaryFolder(), 'sites.json');
  const docs = { origins: ['https://docs.example'], environment: 'ipython' };
  await writeFile(file, JSON.stringify({ docs }));
  const { consoleUrl } = await startTestServer({ SITES_FILE: file });
  const query = { site: 'docs', parent: 'https://docs.example' };
  expect((await consolePage(consoleUrl, query)).status).toBe(200);
  expect((await consolePage(consoleUrl, { site: 'demo' })).status).toBe(403);
});

function consolePage(consoleUrl: string, query: Record<string, string>): Promise<Response> {
  return fetch(`${consoleUrl}/console?${String(new URLSearchParams(query))}`);
}
