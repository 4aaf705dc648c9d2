import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadAdminToken } from './admin-token.ts';
import { temporaryFolder } from './testing/folder.ts';

test('the first start makes a token that only the server can read, and keeps it', async () => {
  const dir = await temporaryFolder();
  const token = await loadAdminToken(dir);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect((await stat(join(dir, 'admin-token'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(dir, 'admin-token'), 'utf8')).toBe(`${token}\n`);
  expect(await loadAdminToken(dir)).toBe(token);
});

test('an empty token file stops the start instead of letting everybody in', async () => {
  const dir = await temporaryFolder();
  await writeFile(join(dir, 'admin-token'), '\n');
  await expect(loadAdminToken(dir)).rejects.toThrow(/is damaged: remove it/);
});
