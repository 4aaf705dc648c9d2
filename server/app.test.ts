import { expect, test } from 'vitest';
import { sendRaw } from './testing/raw-http.ts';
import { startTestServer } from './testing/test-server.ts';

test('the loader may be loaded by any site, and is kept for five minutes', async () => {
  const { consoleUrl } = await startTestServer();
  const { headers, status } = await fetch(`${consoleUrl}/embed.js`);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('public, max-age=300');
  expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(headers.get('content-type')).toMatch(/^text\/javascript/);
});

test('the frame’s files are kept for ever, because their names change', async () => {
  const { consoleUrl } = await startTestServer();
  const { headers } = await fetch(`${consoleUrl}/assets/frame-0123.js`);
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
});

test('the bare address leads to the documentation page', async () => {
  const { consoleUrl, docsUrl } = await startTestServer();
  const { headers, status } = await fetch(consoleUrl, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([302, docsUrl]);
});

test('all else is a short refusal without a stack', async () => {
  const { consoleUrl } = await startTestServer();
  const paths = ['/assets/', '/assets/none.js', '/assets/../console.html', '/v1', '/%ff'];
  for (const path of [...paths, '/assets/..%2f..%2fdocs/index.html']) {
    const answer = await sendRaw(consoleUrl, [`GET ${path} HTTP/1.1`]);
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.text).toContain('Content-Type: application/problem+json');
    expect(answer.text).not.toMatch(/ at |node_modules|<html/);
  }
});
