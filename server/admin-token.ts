/** The secret of those who run the server: made at the first start, kept in the state folder. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile } from './durable-file.ts';
import { hasCode, reasonOf, StartError } from './errors.ts';

/** What the server makes: 32 random bytes in base64url. A file with anything else is damaged. */
export const TOKEN = /^[\w-]{43}$/;

/**
 * Reads the token, and makes it where there is none.
 * @throws StartError when the file cannot be read, written or trusted
 */
export async function loadAdminToken(stateDir: string): Promise<string> {
  const file = join(stateDir, 'admin-token');
  try {
    const token = await readOrCreate(file);
    if (TOKEN.test(token)) return token;
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
