/** Runs the product and the browser in a small internet of their own, which no packet leaves. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './stack.ts';

export interface PrivateNetwork {
  /** What goes before a command that is to run inside. */
  inside: string[];
  /** A program that runs another one inside, with what it inherits. */
  wrap(program: string): Promise<string>;
  stop(): Promise<void>;
}

/** Makes the network, its names and its web server; private_network.py says which there are. */
export async function startPrivateNetwork(): Promise<PrivateNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'try-console-network-'));
  const script = join(ROOT, 'e2e/private_network.py');
  const child = spawn('unshare', ['--net', '--mount', '/usr/bin/python3', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const lines = createInterface({ input: child.stdout });
  const isReady = await new Promise((resolve) => {
    lines.once('line', (line) => resolve(line === 'ready'));
    child.once('close', () => resolve(false));
  });
  if (!isReady) throw new Error('the private network does not come up');
  const inside = ['nsenter', '--net', '--mount', `--target=${String(child.pid)}`, `--wdns=${ROOT}`];
  return {
    inside,
    wrap: async (program) => {
      const path = join(folder, 'inside');
      await writeFile(path, `#!/bin/sh\nexec ${inside.join(' ')} -- ${program} "$@"\n`);
      await chmod(path, 0o755);
      return path;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
