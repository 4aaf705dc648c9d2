import { expect, test } from 'vitest';
import { toConfig, type Env } from './config.ts';

test('an empty environment gives a server on loopback with the documented limits', () => {
  expect(toConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8100,
    docsPort: 8101,
    sandboxSocket: '/run/try-console/sandbox.sock',
    trustedProxies: [],
    maxSessions: 50,
    maxSessionsPerAddress: 4,
    idleTimeoutMs: 900_000,
  });
});

test('an empty port of the documentation page turns the page off', () => {
  expect(toConfig({ TRY_CONSOLE_DOCS_PORT: '' }).docsPort).toBeUndefined();
});

test('any other empty option counts as not given', () => {
  expect(toConfig({ TRY_CONSOLE_MAX_SESSIONS: '', TRY_CONSOLE_ADMIN_TOKEN: '' })).toMatchObject({
    maxSessions: 50,
    adminToken: undefined,
  });
});

test('all problems are told at once, each with option, value and remedy', () => {
  const problems = problemsOf({ TRY_CONSOLE_PORT: '80a', TRY_CONSOLE_LOG_LEVEL: 'loud' });
  expect(problems).toEqual([
    'TRY_CONSOLE_PORT is "80a": give a whole number from 0 to 65535.',
    expect.stringMatching(/^TRY_CONSOLE_LOG_LEVEL is "loud": give one of fatal, error/),
  ]);
});

test.each([
  ['DOCS_PORT', '70000', /from 0 to 65535/],
  ['IDLE_TIMEOUT_MS', '1e9', /whole number/],
  ['PUBLIC_URL', 'https://console.example/path', /without a path/],
  ['PUBLIC_URL', 'ftp://console.example', /give an origin/],
  ['TRUSTED_PROXIES', 'true', /give addresses or CIDRs/],
  ['TRUSTED_PROXIES', '10.0.0.0/8, 0.0.0.0/0', /give addresses or CIDRs/],
  ['TRUSTED_PROXIES', '::/0', /give addresses or CIDRs/],
  ['SANDBOX_SOCKET', `/${'x'.repeat(107)}`, /at most 107 bytes/],
])('%s=%s is refused with the remedy', (name, value, remedy) => {
  const problems = problemsOf({ [`TRY_CONSOLE_${name}`]: value });
  expect(problems).toEqual([expect.stringMatching(remedy)]);
  expect(problems[0]).toContain(`TRY_CONSOLE_${name} is ${JSON.stringify(value)}`);
});

test('a refused admin token is not repeated in the error', () => {
  expect(problemsOf({ TRY_CONSOLE_ADMIN_TOKEN: 'hunter2' })).toEqual([
    'TRY_CONSOLE_ADMIN_TOKEN is not shown: give at least 16 characters.',
  ]);
});

test.each([
  [
    { MAX_SESSIONS: '3', MAX_SESSIONS_PER_ADDRESS: '4' },
    'MAX_SESSIONS_PER_ADDRESS is 4: give at most TRY_CONSOLE_MAX_SESSIONS',
  ],
  [
    { SESSION_TIMEOUT_MS: '1000', IDLE_TIMEOUT_MS: '1001' },
    'give at most TRY_CONSOLE_SESSION_TIMEOUT_MS, which is 1000',
  ],
  [{ DOCS_PORT: '8100' }, 'DOCS_PORT is 8100: give another port than TRY_CONSOLE_PORT'],
])('options that contradict each other are refused: %j', (options, problem) => {
  const env = Object.entries(options).map(([name, value]) => [`TRY_CONSOLE_${name}`, value]);
  expect(problemsOf(Object.fromEntries(env) as Env)).toEqual([expect.stringContaining(problem)]);
});

test('a default gives way where the option that bounds it is set lower', () => {
  const config = toConfig({
    TRY_CONSOLE_MAX_SESSIONS: '3',
    TRY_CONSOLE_SESSION_TIMEOUT_MS: '1000',
  });
  expect([config.maxSessionsPerAddress, config.idleTimeoutMs]).toEqual([3, 1000]);
});

test('with a sites file there is no documentation page, unless it is asked for', () => {
  const sites = { TRY_CONSOLE_SITES_FILE: 'sites.json' };
  expect(toConfig(sites).docsPort).toBeUndefined();
  expect(toConfig({ ...sites, TRY_CONSOLE_DOCS_PORT: '8101' }).docsPort).toBe(8101);
  expect(toConfig(sites).sitesFile).toBe(`${process.cwd()}/sites.json`);
});

test('proxies are read from a list with commas', () => {
  const config = toConfig({ TRY_CONSOLE_TRUSTED_PROXIES: '10.0.0.0/8, ::1' });
  expect(config.trustedProxies).toEqual(['10.0.0.0/8', '::1']);
});

function problemsOf(env: Env): string[] {
  try {
    toConfig(env);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}
