/**
 * Runs one node: the sandbox daemon as root, and the console server as a user that may do nothing. When one of
 * them ends, or this process does, however it does, the other one ends too.
 */
import { spawn, spawnSync, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readEnv, toConfig, type Config } from './config.ts';
import { StartError } from './errors.ts';

/** The user that the console server runs as; the set-up makes it. */
const SERVICE_USER = 'try-console';

/** How long a child may take to end politely, in ms: the server tells its visitors, the daemon kills sandboxes. */
const STOP_MS = 5_000;

/** How long the daemon may take until a sandbox can be made, in ms. It warms a template up, which takes under 1 s. */
const DAEMON_READY_MS = 30_000;

/** The checkout, above dist/server. */
const ROOT = join(import.meta.dirname, '../..');

/** The daemon's log is read from its standard output. */
type Daemon = ChildProcessByStdio<null, Readable, null>;

/** What the server tells once it listens. */
interface Urls {
  consoleUrl: string;
  docsUrl?: string;
}

/** One node: its children, in the order in which they were started. */
class Node {
  readonly #config: Config;
  readonly #children: ChildProcess[] = [];
  #isUp = false;
  #isStopping = false;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Starts both, and prints the URLs when a console could start. @throws StartError, and then stop() is owed */
  async start(): Promise<void> {
    prepareFolders(this.#config);
    const daemon = this.#keep('sandbox daemon', startDaemon(this.#config));
    const server = this.#keep('console server', startServer(this.#config));
    const urls = new Promise<Urls>((resolve) =>
      server.once('message', (urls) => resolve(urls as Urls)),
    );
    await untilReady(daemon);
    printUrls(await urls);
    this.#isUp = true;
  }

  /** Ends every child, the last one first, and then this process. */
  async stop(exitCode: number): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    for (const child of this.#children.reverse()) await end(child);
    rmSync(appFolder(this.#config), { recursive: true, force: true });
    process.exit(exitCode);
  }

  #keep<Child extends ChildProcess>(name: string, child: Child): Child {
    this.#children.push(child);
    child.on('exit', (code, signal) => {
      if (this.#isStopping) return;
      // One that exits with 1 before the node was up has said itself why.
      if (this.#isUp || code !== 1) {
        const how = `the ${name} has ended (${code ?? signal})`;
        process.stderr.write(`try-console: ${how}, so the node stops.\n`);
      }
      void this.stop(1);
    });
    return child;
  }
}

/** The server's state is its own; its code is not, and is copied to where it can be read but not changed. */
function prepareFolders(config: Config): void {
  mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
  chownSync(config.stateDir, idOf('-u'), idOf('-g'));
  mkdirSync(dirname(config.sandboxSocket), { recursive: true });
  rmSync(appFolder(config), { recursive: true, force: true });
  cpSync(join(ROOT, 'dist'), appFolder(config), { recursive: true });
  spawnSync('chmod', ['--recursive', 'a+rX', appFolder(config)]);
}

function idOf(flag: '-u' | '-g'): number {
  const { status, stdout } = spawnSync('id', [flag, SERVICE_USER], { encoding: 'utf8' });
  if (status === 0) return Number(stdout);
  throw new StartError(
    `there is no user ${SERVICE_USER}: make it with "useradd --system ${SERVICE_USER}".`,
  );
}

/** A checkout below /root can be read by root alone, so what the server needs lies beside the socket. */
function appFolder(config: Config): string {
  return join(dirname(config.sandboxSocket), 'app');
}

function startDaemon(config: Config): Daemon {
  const command = ['/usr/bin/python3', '-m', 'sandbox', 'serve', '--user', SERVICE_USER];
  const options = ['--socket', config.sandboxSocket, '--slots', String(config.maxSessions)];
  return spawn('setpriv', ['--pdeathsig', 'TERM', ...command, ...options], {
    cwd: ROOT,
    env: { PATH: readEnv().PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: Ctrl-C in the operator's terminal is for this process, which ends the others in order.
    detached: true,
  });
}

/** Passes the daemon's log on; resolves when a sandbox could be made. */
function untilReady({ stdout }: Daemon): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new StartError(
          'the sandbox daemon has no template ready after 30 s; its log above says why.',
        ),
      );
    }, DAEMON_READY_MS);
    createInterface({ input: stdout }).on('line', (line) => {
      process.stdout.write(`${line}\n`);
      if ((JSON.parse(line) as { event: string }).event !== 'ready') return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function startServer(config: Config): ChildProcess {
  const identity = ['--reuid', SERVICE_USER, '--regid', SERVICE_USER, '--clear-groups'];
  const rights = [
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
  ];
  const main = [
    process.execPath,
    '--enable-source-maps',
    join(appFolder(config), 'server/main.js'),
  ];
  return spawn('setpriv', [...identity, ...rights, '--pdeathsig', 'TERM', ...main], {
    cwd: '/',
    env: serverEnv(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
}

/** The operator's environment may hold secrets of other things; the public process gets its own options. */
function serverEnv(): NodeJS.ProcessEnv {
  const own = Object.entries(readEnv()).filter(
    ([name]) => name === 'PATH' || name.startsWith('TRY_CONSOLE_'),
  );
  return { ...Object.fromEntries(own), NODE_ENV: 'production' };
}

function printUrls({ consoleUrl, docsUrl }: Urls): void {
  process.stdout.write(`\n  console server      ${consoleUrl}\n`);
  if (docsUrl) process.stdout.write(`  documentation page  ${docsUrl}   (open this one)\n\n`);
}

/** SIGTERM, then SIGKILL where that was not enough. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

async function main(): Promise<void> {
  const node = new Node(toConfig(readEnv()));
  process.on('SIGTERM', () => void node.stop(0));
  process.on('SIGINT', () => void node.stop(0));
  try {
    await node.start();
  } catch (error) {
    tell(error);
    await node.stop(1);
  }
}

/** Shows the plain sentence of a start that failed. @throws whatever else went wrong */
function tell(error: unknown): void {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`try-console: ${error.message}\n`);
}

main().catch((error: unknown) => {
  tell(error);
  process.exitCode = 1;
});
