/** What counts as a server that would start a console, and what is asked for it. */
import { afterEach, expect, test, vi } from 'vitest';
import { isHealthy } from './health.ts';

const SERVER = 'https://console.example';

/** Stands where the network is. */
function fakeFetch(answer: () => Promise<Response>) {
  const fetch = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(answer);
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('a server that says "ok" is healthy', async () => {
  const fetch = fakeFetch(() => Promise.resolve(Response.json({ status: 'ok' })));
  expect(await isHealthy(SERVER, 'a&b')).toBe(true);
  expect(fetch.mock.calls[0]?.[0]).toBe('https://console.example/v1/health?site=a%26b');
});

test('the ping carries no cookies', async () => {
  const fetch = fakeFetch(() => Promise.resolve(Response.json({ status: 'ok' })));
  await isHealthy(SERVER, 'demo');
  expect(fetch.mock.calls[0]?.[1].credentials).toBe('omit');
});

test.each(['off', 'full', 'site', 'fault', 'of a later version', undefined])(
  'status %j is not healthy',
  async (status) => {
    fakeFetch(() => Promise.resolve(Response.json({ status })));
    expect(await isHealthy(SERVER, 'demo')).toBe(false);
  },
);

test.each([
  ['an error page', () => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 }))],
  [
    '"ok" with an error status',
    () => Promise.resolve(Response.json({ status: 'ok' }, { status: 500 })),
  ],
  ['null', () => Promise.resolve(Response.json(null))],
  ['an unreachable server', () => Promise.reject(new TypeError('Failed to fetch'))],
])('%s is not healthy, and no error reaches the page', async (_name, answer) => {
  fakeFetch(answer);
  expect(await isHealthy(SERVER, 'demo')).toBe(false);
});

test('a server that is silent for 3 s is not healthy', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort());
  vi.stubGlobal('fetch', (_url: string, { signal }: RequestInit) => {
    return new Promise((_resolve, reject) => {
      if (signal?.aborted) reject(signal.reason as Error);
    });
  });
  expect(await isHealthy(SERVER, 'demo')).toBe(false);
  expect(timeout).toHaveBeenCalledWith(3000);
});

test('what the browser has cached does not count', async () => {
  const fetch = fakeFetch(() => Promise.resolve(Response.json({ status: 'ok' })));
  await isHealthy(SERVER, 'demo');
  expect(fetch.mock.calls[0]?.[1].cache).toBe('no-store');
});
