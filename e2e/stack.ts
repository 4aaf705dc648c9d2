/** Starts the whole product as `npm start` does, on free ports and in folders of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A start takes under 2 s where everything is built; a machine that is busy may need some more. */
const START_MS = 60_000;

/** A running product. */
export interface Stack {
  consoleUrl: string;
  docsUrl: string;
  /** The supervisor's process. */
  process: ChildProcess;
  /** What has to be in the environment of a command that is to reach this stack. */
  env: NodeJS.ProcessEnv;
  /** Everything that was printed so far. */
  output(): string;
  adminToken(): Promise<string>;
  /** Ends it as an operator would; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/**
 * @param options variables of the server's configuration, over those that many tests at once need
 * @param inside what goes before the command, to run it in other namespaces
 * @throws Error with the output of a stack that does not come up
 */
export async function startStack(
  options: Record<string, string> = {},
  inside: string[] = [],
): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'try-console-stack-'));
  // The console server is another user, and has to reach what lies in here.
  await chmod(folder, 0o755);
  const env = {
    ...process.env,
    TRY_CONSOLE_PORT: '0',
    TRY_CONSOLE_DOCS_PORT: '0',
    TRY_CONSOLE_SANDBOX_SOCKET: join(folder, 'run', 'sandbox.sock'),
    TRY_CONSOLE_STATE_DIR: join(folder, 'state'),
    TRY_CONSOLE_MAX_SESSIONS: '10',
    TRY_CONSOLE_MAX_SESSIONS_PER_ADDRESS: '10',
    TRY_CONSOLE_LAUNCHES_PER_MINUTE: '1000',
    ...options,
  };
  // env(1) does nothing but execute the rest.
  const command = [...inside, process.execPath, 'server/start.mjs'];
  const child = spawn('env', command, { cwd: ROOT, env });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    await rm(folder, { recursive: true, force: true });
    return code;
  };
  try {
    const urls = await Promise.race([
      printedUrls(child.stdout, ended),
      after(START_MS).then(() => fail(`nothing was printed in ${START_MS} ms`)),
    ]);
    const adminToken = () => readFile(join(env.TRY_CONSOLE_STATE_DIR, 'admin-token'), 'utf8');
    const reach = { ...env, TRY_CONSOLE_PUBLIC_URL: urls.consoleUrl };
    return {
      ...urls,
      process: child,
      env: reach,
      output: () => output,
      adminToken: async () => (await adminToken()).trim(),
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`${String(error)}\n${output}`, { cause: error });
  }
}

/** The two addresses, as a person would read them off the screen. */
async function printedUrls(
  output: Readable,
  ended: Promise<number | null>,
): Promise<{ consoleUrl: string; docsUrl: string }> {
  const urls: Record<string, string> = {};
  for await (const line of createInterface({ input: output })) {
    const match = /^ {2}(console server|documentation page) +(\S+)/.exec(line);
    if (match?.[1] && match[2]) urls[match[1]] = match[2];
    const { 'console server': consoleUrl, 'documentation page': docsUrl } = urls;
    if (consoleUrl && docsUrl) return { consoleUrl, docsUrl };
  }
  return fail(`it ended with ${await ended}`);
}

function fail(why: string): never {
  throw new Error(`the stack does not come up: ${why}`);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
