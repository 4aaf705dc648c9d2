import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toConfig } from './config.ts';
import { servedEnvironments } from './environments.ts';
import { StartError } from './errors.ts';

const SHIPPED = join(import.meta.dirname, '../sandbox/environments');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'environments-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** The names for sites with these environments, with the test's folder as the operator's. */
function served(...environments: string[]): Promise<string[]> {
  const sites = environments.map((environment, number) => [
    `site-${number}`,
    { origins: [], environment },
  ]);
  const file = join(folder, 'sites.json');
  writeFileSync(file, JSON.stringify(Object.fromEntries(sites)));
  return servedEnvironments(
    toConfig({ TRY_CONSOLE_SITES_FILE: file, TRY_CONSOLE_ENVIRONMENTS_FOLDER: folder }),
    SHIPPED,
  );
}

test('what the sites name is served, each once', async () => {
  expect(await served('science', 'bash', 'science')).toEqual(['bash', 'science']);
});

test("an operator's own declaration can be named", async () => {
  writeFileSync(join(folder, 'ours.toml'), 'base = "ipython"\n');
  expect(await served('ours', 'ipython')).toEqual(['ipython', 'ours']);
});

test('an environment that nobody has declared is refused with the site and the names there are', async () => {
  await expect(served('ours')).rejects.toThrow(
    `sites.json: site-0: there is no environment "ours"; use one of: bash, ipython, science; or declare it in ${folder}.`,
  );
});

test('a folder for declarations that is none is refused with the option and the remedy', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const config = toConfig({ TRY_CONSOLE_ENVIRONMENTS_FOLDER: file });
  const refusal = servedEnvironments(config, SHIPPED);
  await expect(refusal).rejects.toThrow(StartError);
  await expect(refusal).rejects.toThrow(
    /^TRY_CONSOLE_ENVIRONMENTS_FOLDER is ".*a-file": ENOTDIR.*; name a folder that can be read/,
  );
});

test('without a sites file the documentation page says what is served', async () => {
  const config = toConfig({ TRY_CONSOLE_ENVIRONMENTS_FOLDER: join(folder, 'missing') });
  expect(await servedEnvironments(config, SHIPPED)).toContain('ipython');
});
