/** What every browser test gets: a running stack, and a browser that blocks what other sites would store. */
import { chromium, test as base, type BrowserContext } from '@playwright/test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConsolePage } from './console-page.ts';
import { startStack, type Stack } from './stack.ts';

export { expect } from '@playwright/test';

export const CHROMIUM = '/usr/bin/chromium';

/** Without these Chromium looks for its maker's servers, and as root it has no sandbox of its own. */
const ARGUMENTS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync';

/** "Block third-party cookies" in the settings, which takes localStorage away in a foreign frame too. */
const PREFERENCES = { profile: { cookie_controls_mode: 1, block_third_party_cookies: true } };

interface TestFixtures {
  consolePage: ConsolePage;
  /** Starts a product of the test's own, which is stopped however the test ends. */
  startAnother: typeof startStack;
}

interface WorkerFixtures {
  stack: Stack;
  /** What is executed as the browser. */
  browserPath: string;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
  browserPath: [async ({}, use) => use(CHROMIUM), { scope: 'worker' }],

  stack: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
    async ({}, use) => {
      const stack = await startStack();
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  // The preference is a profile's, so each test gets a browser on a profile of its own.
  context: async (
    { viewport, colorScheme, javaScriptEnabled, hasTouch, isMobile, browserPath },
    use,
  ) => {
    const options = { viewport, colorScheme, javaScriptEnabled, hasTouch, isMobile };
    await withProfile((profile) => use(profile), { ...options, executablePath: browserPath });
  },

  page: async ({ context }, use) => {
    await use(context.pages()[0] ?? (await context.newPage()));
  },

  // eslint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs off this pattern
  startAnother: async ({}, use) => {
    const started: Stack[] = [];
    await use(async (options) => {
      const stack = await startStack(options);
      started.push(stack);
      return stack;
    });
    for (const stack of started) await stack.stop();
  },

  consolePage: async ({ page, stack }, use) => {
    await use(new ConsolePage(page, stack.docsUrl));
  },
});

async function withProfile(
  work: (context: BrowserContext) => Promise<void>,
  options: Parameters<typeof chromium.launchPersistentContext>[1],
): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'try-console-profile-'));
  await mkdir(join(profile, 'Default'));
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(PREFERENCES));
  const context = await chromium.launchPersistentContext(profile, {
    args: ARGUMENTS.split(' '),
    ...options,
  });
  await work(context);
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
