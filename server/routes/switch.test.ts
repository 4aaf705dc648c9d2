import { expect, test } from 'vitest';
import { ADMIN_TOKEN, startTestServer } from '../testing/test-server.ts';

test('the switch is moved and read by those who have the token', async () => {
  const { consoleUrl } = await startTestServer();
  const change = { position: 'drain', who: 'ann', reason: 'upgrade' };
  expect(await (await callSwitch(consoleUrl, change)).json()).toMatchObject(change);
  const read = await callSwitch(consoleUrl);
  expect(await read.json()).toMatchObject(change);
  expect(read.headers.get('cache-control')).toBe('no-store');
});

test.each([undefined, 'wrong-token', `${ADMIN_TOKEN}x`, ''])(
  'the switch is neither moved nor read with the token %s',
  async (token) => {
    const { consoleUrl } = await startTestServer();
    const off = { position: 'off', who: 'eve', reason: 'fun' };
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    expect((await callSwitch(consoleUrl, off, authorization)).status).toBe(401);
    expect((await callSwitch(consoleUrl, undefined, authorization)).status).toBe(401);
    expect(await (await fetch(`${consoleUrl}/v1/health?site=demo`)).json()).toEqual({
      status: 'ok',
    });
  },
);

test('guessing the token is limited, and says when to try again', async () => {
  const { consoleUrl } = await startTestServer();
  const wrong = { authorization: 'Bearer wrong' };
  for (let i = 0; i < 10; i++) await callSwitch(consoleUrl, undefined, wrong);
  const response = await callSwitch(consoleUrl, undefined, wrong);
  expect(response.status).toBe(429);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
});

test('strangers who guess do not keep the operator out', async () => {
  const { consoleUrl } = await startTestServer();
  const wrong = { authorization: 'Bearer wrong' };
  for (let i = 0; i < 12; i++) await callSwitch(consoleUrl, undefined, wrong);
  expect((await callSwitch(consoleUrl)).status).toBe(200);
});

test.each([
  ['an unknown position', { position: 'maybe', who: 'ann', reason: 'x' }, /position/],
  ['nobody', { position: 'off', who: ' ', reason: 'x' }, /who/],
  ['no reason', { position: 'off', who: 'ann' }, /reason/],
  ['a misspelt field', { position: 'off', who: 'ann', reason: 'x', why: 'y' }, /why/],
])('a change with %s is refused with the field', async (_what, change, field) => {
  const { consoleUrl } = await startTestServer();
  const response = await callSwitch(consoleUrl, change);
  expect(response.status).toBe(400);
  expect(((await response.json()) as { detail: string }).detail).toMatch(field);
});

test('a change over 4 KB is refused', async () => {
  const { consoleUrl } = await startTestServer();
  const change = { position: 'off', who: 'ann', reason: 'x'.repeat(5_000) };
  expect((await callSwitch(consoleUrl, change)).status).toBe(413);
});

function callSwitch(
  consoleUrl: string,
  change?: object,
  authorization: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` },
): Promise<Response> {
  return fetch(`${consoleUrl}/v1/switch`, {
    headers: { 'content-type': 'application/json', ...authorization },
    ...(change && { method: 'PUT', body: JSON.stringify(change) }),
  });
}
