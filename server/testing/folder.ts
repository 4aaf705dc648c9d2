/** Folders for tests: short paths, because a unix socket's address holds 107 bytes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes a folder that is gone after the running test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'try-console-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
