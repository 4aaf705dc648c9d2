/** What a site's visitors get is what its environment declares: Bash, or an operator's own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './test.ts';

/** An environment of the test's own. Its packages are IPython's, so that nothing is built. */
const OWN = 'e2e-own';
const LINK = join('/var/lib/try-console/images', OWN);

async function prompt(page: Page, text: string) {
  await expect(page.locator('.xterm-rows')).toContainText(text, { timeout: 10_000 });
}

test('each site gets the environment that it names', async ({ page, startAnother }) => {
  const folder = await mkdtemp(join(tmpdir(), 'try-console-environments-'));
  const declaration = 'base = "ipython"\nimports = ["wave"]\n[variables]\nCOLOUR = "blue"\n';
  await writeFile(join(folder, `${OWN}.toml`), declaration);
  const sites = {
    shell: { origins: [], environment: 'bash' },
    own: { origins: [], environment: OWN },
  };
  await writeFile(join(folder, 'sites.json'), JSON.stringify(sites));
  try {
    const stack = await startAnother({
      TRY_CONSOLE_SITES_FILE: join(folder, 'sites.json'),
      TRY_CONSOLE_ENVIRONMENTS_FOLDER: folder,
      TRY_CONSOLE_DOCS_PORT: '0',
    });

    await page.goto(`${stack.consoleUrl}/console?site=shell`);
    await prompt(page, 'user@try-console:~$');
    await page.keyboard.type('git init -q x; echo $((6*7)) files\n');
    await prompt(page, '42 files');

    await page.goto(`${stack.consoleUrl}/console?site=own`);
    await prompt(page, 'In [1]:');
    await page.keyboard.type('import os, sys; "wave" in sys.modules, os.environ["COLOUR"]\n');
    await prompt(page, "(True, 'blue')");
  } finally {
    await rm(folder, { recursive: true });
    await rm(LINK, { force: true });
  }
});
