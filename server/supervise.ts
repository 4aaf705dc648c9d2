/**
 * Runs one node: the sandbox daemon as root, and the console server as a user that may do nothing. When one of
 * them ends, or this process does, however it does, the other one ends too.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { AppFolder, ROOT } from './app-folder.ts';
import { readEnv, toConfig, type Config } from './config.ts';
import { servedEnvironments } from './environments.ts';
import { StartError } from './errors.ts';
import { end, startBuild, startDaemon, startServer, untilReady } from './parts.ts';

/** What the server tells once it listens. */
interface Urls {
  consoleUrl: string;
  docsUrl?: string;
}

/** One node: its children, in the order in which they were started. */
class Node {
  readonly #config: Config;
  readonly #children: ChildProcess[] = [];
  #app: AppFolder | undefined;
  #isUp = false;
  #isStopping = false;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Starts both, and prints the URLs when a console could start. @throws StartError, and then stop() is owed */
  async start(): Promise<void> {
    const shipped = join(ROOT, 'sandbox/environments');
    const environments = await servedEnvironments(this.#config, shipped);
    await this.#build(environments);
    this.#app = AppFolder.make(this.#config);
    const daemon = this.#keep('sandbox daemon', startDaemon(this.#config, environments));
    const server = this.#keep('console server', startServer(this.#config, this.#app));
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
    this.#app?.remove();
    process.exit(exitCode);
  }

  /** Resolves when the images are there; never where this process is told to stop meanwhile. */
  #build(environments: string[]): Promise<void> {
    const building = startBuild(this.#config, environments);
    this.#children.push(building);
    return new Promise((resolve, reject) => {
      building.once('exit', (code) => {
        if (this.#isStopping) return;
        this.#children.pop();
        if (code === 0) resolve();
        else reject(new StartError('the images are not built; the message above says why.'));
      });
    });
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

function printUrls({ consoleUrl, docsUrl }: Urls): void {
  process.stdout.write(`\n  console server      ${consoleUrl}\n`);
  if (docsUrl) process.stdout.write(`  documentation page  ${docsUrl}   (open this one)\n\n`);
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
