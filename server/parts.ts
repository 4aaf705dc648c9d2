/** The two processes of a node, and how each is started and ended. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ROOT, type AppFolder } from './app-folder.ts';
import { readEnv, type Config } from './config.ts';
import { StartError } from './errors.ts';
import { PYTHON, SERVICE_USER } from './setup.mjs';

/** How long a child may take to end politely, in ms: the server tells its visitors, the daemon kills sandboxes. */
const STOP_MS = 5_000;

/** How long the daemon may take until a sandbox can be made, in ms. It warms a template up, which takes under 1 s. */
const DAEMON_READY_MS = 30_000;

/** The daemon's log is read from its standard output. */
type Daemon = ChildProcessByStdio<null, Readable, null>;

/** Builds the images of environments that are missing or old. It shows its progress itself. */
export function startBuild(config: Config, environments: readonly string[]): ChildProcess {
  const command = ['-m', 'sandbox', 'build', '--environments-folder', config.environmentsFolder];
  return spawn(PYTHON, [...command, ...environments], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Starts the sandbox daemon, as root, for environments whose images are built. */
export function startDaemon(config: Config, environments: readonly string[]): Daemon {
  const command = [PYTHON, '-m', 'sandbox', 'serve', '--user', SERVICE_USER];
  const options = ['--socket', config.sandboxSocket, '--slots', String(config.maxSessions)];
  const declared = ['--environments-folder', config.environmentsFolder, ...environments];
  return spawn('setpriv', ['--pdeathsig', 'TERM', ...command, ...options, ...declared], {
    cwd: ROOT,
    env: { PATH: readEnv().PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: Ctrl-C in the operator's terminal is for this process, which ends the others in order.
    detached: true,
  });
}

/** Passes the daemon's log on; resolves when a sandbox could be made. */
export function untilReady({ stdout }: Daemon): Promise<void> {
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

/** Starts the console server, as a user without any right. Tells its URLs as a message. */
export function startServer(config: Config, app: AppFolder): ChildProcess {
  const identity = ['--reuid', SERVICE_USER, '--regid', SERVICE_USER, '--clear-groups'];
  const rights = [
    '--inh-caps=-all',
    '--ambient-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
  ];
  const main = [process.execPath, '--enable-source-maps', join(app.path, 'server/main.js')];
  return spawn('setpriv', [...identity, ...rights, '--pdeathsig', 'TERM', ...main], {
    cwd: '/',
    env: serverEnv(config, app),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
}

/** The operator's environment may hold secrets of other things; the public process gets its own options. */
function serverEnv(config: Config, app: AppFolder): NodeJS.ProcessEnv {
  const own = Object.entries(readEnv()).filter(
    ([name]) => name === 'PATH' || name.startsWith('TRY_CONSOLE_'),
  );
  return {
    ...Object.fromEntries(own),
    // As they are for this process, whose working folder is another.
    TRY_CONSOLE_STATE_DIR: config.stateDir,
    TRY_CONSOLE_SANDBOX_SOCKET: config.sandboxSocket,
    ...(app.sitesFile && { TRY_CONSOLE_SITES_FILE: app.sitesFile }),
    NODE_ENV: 'production',
  };
}

/** SIGTERM, then SIGKILL where that was not enough. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}
