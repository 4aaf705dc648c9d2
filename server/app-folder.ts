/**
 * What the console server runs from: copies that it can read and not change. A checkout below /root, or a sites
 * file there, is for root alone.
 */
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from './config.ts';
import { reasonOf, StartError } from './errors.ts';
import { SERVICE_USER } from './setup.mjs';

/** The checkout, above dist/server. */
export const ROOT = join(import.meta.dirname, '../..');

/** The folder of one node, beside the daemon's socket. The supervisor's pid follows. */
const PREFIX = 'app-';

/** A node's folder, named by the process that will remove it. */
export class AppFolder {
  readonly path: string;
  /** The copy of the sites file, where there is one. */
  readonly sitesFile: string | undefined;

  private constructor(path: string, sitesFile: string | undefined) {
    this.path = path;
    this.sitesFile = sitesFile;
  }

  /** Makes it, and the state folder, which is the server's own. @throws StartError */
  static make(config: Config): AppFolder {
    const parent = dirname(config.sandboxSocket);
    const path = join(parent, `${PREFIX}${process.pid}`);
    try {
      mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
      chownSync(config.stateDir, idOf('-u'), idOf('-g'));
      mkdirSync(parent, { recursive: true });
      removeStale(parent);
      cpSync(join(ROOT, 'dist'), path, { recursive: true });
      const sitesFile = config.sitesFile && join(path, 'sites.json');
      if (config.sitesFile && sitesFile) copyFileSync(config.sitesFile, sitesFile);
      spawnSync('chmod', ['--recursive', 'a+rX', path]);
      return new AppFolder(path, sitesFile);
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      if (error instanceof StartError) throw error;
      throw new StartError(
        `a folder of the node cannot be made: ${reasonOf(error)}; choose another.`,
      );
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The folders of supervisors that were killed. */
function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    const isOurs = name.startsWith(PREFIX);
    if (isOurs && !existsSync(`/proc/${name.slice(PREFIX.length)}`)) {
      rmSync(join(parent, name), { recursive: true });
    }
  }
}

function idOf(flag: '-u' | '-g'): number {
  const { status, stdout } = spawnSync('id', [flag, SERVICE_USER], { encoding: 'utf8' });
  if (status === 0) return Number(stdout);
  throw new StartError(
    `there is no user ${SERVICE_USER}: make it with "useradd --system ${SERVICE_USER}".`,
  );
}
