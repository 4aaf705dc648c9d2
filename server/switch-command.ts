/** `npm run switch`: shows the kill switch of the server on this machine, or moves it. */
import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { TOKEN } from './admin-token.ts';
import { readEnv, toConfig, type Config } from './config.ts';
import { reasonOf, StartError } from './errors.ts';
import { consoleUrlOf } from './urls.ts';
import { POSITIONS } from './kill-switch.ts';

const USAGE = `usage: npm run switch [-- ${POSITIONS.join('|')} "why"]`;

async function main([position, ...words]: string[]): Promise<void> {
  const isKnown = position === undefined || POSITIONS.some((known) => known === position);
  if (!isKnown) throw new StartError(`${position} is no position of the switch. ${USAGE}`);
  const reason = words.join(' ');
  if (position && !reason) throw new StartError(`say why, for the audit trail. ${USAGE}`);
  const config = toConfig(readEnv());
  const change = position && { position, who: userInfo().username, reason };
  const response = await call(config, change);
  const answer = (await response.json()) as Record<string, string>;
  if (!response.ok)
    throw new StartError(`the server refused: ${answer['detail'] ?? response.status}`);
  const { position: now = '?', at = '?', who = '?', reason: why = '?' } = answer;
  process.stdout.write(`${now}, since ${at}, by ${who}: ${why}\n`);
}

/** Reads the switch, or moves it where a change is given. @throws StartError where the server is not reached */
async function call(config: Config, change: object | '' | undefined): Promise<Response> {
  const url = `${consoleUrlOf(config, config.port)}/v1/switch`;
  const authorization = `Bearer ${config.adminToken ?? (await readToken(config.stateDir))}`;
  try {
    return await fetch(url, {
      method: change ? 'PUT' : 'GET',
      headers: { authorization, 'content-type': 'application/json' },
      ...(change ? { body: JSON.stringify(change) } : {}),
    });
  } catch (error) {
    throw new StartError(
      `no server answers at ${url} (${reasonOf(error)}): start it with "npm start", or set TRY_CONSOLE_PUBLIC_URL.`,
    );
  }
}

async function readToken(stateDir: string): Promise<string> {
  const file = join(stateDir, 'admin-token');
  try {
    // The folder is the server's, which may have been taken over: a link could lead to a secret of root's, and this
    // call would hand it to the server.
    const flag = constants.O_RDONLY | constants.O_NOFOLLOW;
    const token = (await readFile(file, { encoding: 'utf8', flag })).trim();
    if (TOKEN.test(token)) return token;
  } catch (error) {
    throw new StartError(
      `${file} cannot be read (${reasonOf(error)}): start the server once, and run this as root.`,
    );
  }
  throw new StartError(
    `${file} holds no token that a server has made: remove it and start the server again.`,
  );
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`try-console: ${error.message}\n`);
  process.exitCode = 1;
});
