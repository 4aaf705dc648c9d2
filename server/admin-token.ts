/** The secret of those who run the server: made at the first start, kept in the state folder. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile } from './durable-file.ts';
import { hasCode, reasonOf, StartError } from './errors.ts';

/** A shorter file is damaged: the server writes 43 characters. */
const MIN_CHARS = 16;

/**
 * Reads the token, and makes it where there is none.
 * @throws StartError when the file cannot be read, written or trusted
 */
export async function loadAdminToken(stateDir: string): Promise<string> {
  const file = join(stateDir, 'admin-token');
  try {
    const token = await readOrCreate(file);
    if (token.length >= MIN_CHARS) return token;
  } catch (error) {
    throw new StartError(
      `TRY_CONSOLE_STATE_DIR ${stateDir}: ${reasonOf(error)}; make it writable.`,
    );
  }
  throw new StartError(`${file} is damaged: remove it, and the next start makes a new one.`);
}

async function readOrCreate(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const token = randomBytes(32).toString('base64url');
    await createFile(file, `${token}\n`);
    return token;
  }
}
