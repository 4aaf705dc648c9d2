/** What a console with named hosts reaches through the proxy, and what it does not; nothing leaves this machine. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { startPrivateNetwork, type PrivateNetwork } from './private-network.ts';
import { ROOT, startStack } from './stack.ts';
import { CHROMIUM, expect, test as base } from './test.ts';

const HOSTS = ['public', 'loopback', 'private', 'metadata', 'own'].map((name) => `${name}.example`);

interface WorkerFixtures {
  privateNetwork: PrivateNetwork;
  /** The folder of the declarations and sites. */
  declared: string;
}

const test = base.extend<{ shell: Page }, WorkerFixtures>({
  privateNetwork: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
    async ({}, use) => {
      const network = await startPrivateNetwork();
      await use(network);
      await network.stop();
    },
    { scope: 'worker' },
  ],

  declared: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'try-console-environments-'));
      const shipped = await readFile(join(ROOT, 'sandbox/environments/bash.toml'), 'utf8');
      const network = `network = { allow = ${JSON.stringify(HOSTS)} }\n`;
      const limits = '\n[limits]\nnetwork_mb = 1\n';
      await writeFile(join(folder, 'bash.toml'), network + shipped + limits);
      const sites = { shell: { origins: [], environment: 'bash' } };
      await writeFile(join(folder, 'sites.json'), JSON.stringify(sites));
      await use(folder);
      await rm(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],

  browserPath: [
    async ({ privateNetwork }, use) => use(await privateNetwork.wrap(CHROMIUM)),
    { scope: 'worker' },
  ],

  stack: [
    async ({ privateNetwork, declared }, use) => {
      const options = {
        TRY_CONSOLE_SITES_FILE: join(declared, 'sites.json'),
        TRY_CONSOLE_ENVIRONMENTS_FOLDER: declared,
        TRY_CONSOLE_DOCS_PORT: '0',
      };
      const stack = await startStack(options, privateNetwork.inside);
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  shell: async ({ page, stack }, use) => {
    await page.goto(`${stack.consoleUrl}/console?site=shell`);
    await expect(page.locator('.xterm-rows')).toContainText('user@try-console:~$');
    await use(page);
  },
});

/** What the terminal shows, as one line: it wraps where it likes. */
async function shown(page: Page): Promise<string> {
  const lines = await page.locator('.xterm-rows > div').allInnerTexts();
  return lines.map((line) => line.replaceAll('\u00a0', ' ')).join('');
}

/** Types a line, and waits for what it brings. */
async function run(page: Page, line: string, expected: RegExp): Promise<void> {
  await page.keyboard.type(`clear; ${line}\n`);
  await expect.poll(() => shown(page)).toMatch(expected);
}

/** The proxy's lines in the server's log. */
function proxyLines(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.includes('proxy connection'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('curl gets a page of a listed host, by a request and through a tunnel', async ({ shell }) => {
  await run(shell, 'curl -s http://public.example/page', /hello from public\.example\/page/);
  await run(
    shell,
    'curl -s --proxytunnel http://public.example:443/deep',
    /hello from public\.example:443\/deep/,
  );
});

test('Python gets it too, and the sandbox has no way of its own', async ({ shell }) => {
  const python = 'import urllib.request as u; print(u.urlopen("http://public.example/py").read())';
  await run(shell, `python3 -c '${python}'`, /hello from public\.example\/py/);
  await run(shell, 'curl -s --noproxy "*" http://11.22.33.44/; echo code $?', /code 7/);
  await run(shell, 'curl -s --noproxy "*" http://public.example/; echo code $?', /code 6/);
});

test('a host that is not listed is refused in words', async ({ shell }) => {
  const sentence =
    /unlisted\.example is not among the hosts this console may reach: public\.example/;
  await run(shell, 'curl -s http://unlisted.example/', sentence);
  const python =
    'import urllib.request as u\ntry: u.urlopen("https://unlisted.example")\nexcept OSError as e: print(e)';
  await run(shell, `python3 -c $'${python.replaceAll('\n', '\\n')}'`, sentence);
});

for (const name of ['loopback', 'private', 'metadata', 'own']) {
  test(`a listed host that leads to a ${name} address is refused`, async ({ shell }) => {
    await run(
      shell,
      `curl -s -w '%{http_code}' http://${name}.example/`,
      new RegExp(`${name}\\.example leads to an address that is not of the public internet\\.403`),
    );
  });
}

test('the log has each connection with its counts, and no path', async ({ shell, stack }) => {
  await run(shell, 'curl -s http://public.example/secret-path', /secret-path/);
  await run(shell, 'curl -s http://unlisted.example/secret-path', /not among/);
  const last = (host: string) =>
    proxyLines(stack.output()).findLast((line) => line['host'] === host);
  await expect.poll(() => last('unlisted.example')).toMatchObject({ outcome: 'host' });
  await expect.poll(() => last('public.example')).toMatchObject({ port: 80, outcome: 'done' });
  expect(Number(last('public.example')?.['sentBytes'])).toBeGreaterThan(50);
  expect(Number(last('public.example')?.['receivedBytes'])).toBeGreaterThan(50);
  expect(last('public.example')?.['visitor']).toMatch(/^[0-9a-f-]{36}$/);
  expect(stack.output()).not.toContain('secret-path');
});

test('past its allowance a console is told so', async ({ shell }) => {
  const more = 'curl -s -o /dev/null -H "X-More: 2000000" http://public.example/; echo code $?';
  await run(shell, more, /code (18|56)/);
  await run(shell, 'curl -s http://public.example/', /has used its network allowance, 1 MB/);
});

test('the prompt answers while a download stalls', async ({ shell }) => {
  const stalled = 'curl -s -H "X-More: 900000" http://public.example/ | sleep 100 &';
  await run(shell, stalled, /\[1\] \d+/);
  await run(shell, 'echo $((6*7))', /42/);
});
