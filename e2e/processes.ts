/** What runs on this machine, as /proc tells. */
import { readFile, readdir } from 'node:fs/promises';
import type { Stack } from './stack.ts';

/** The first and last host user id that sandboxes may have. */
const SANDBOX_IDS = { first: 1_900_000_000, last: 1_900_262_143 };

/** The pids of all processes for which `wanted` holds of /proc/PID/status. */
export async function processes(wanted: (status: string) => boolean): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const found = pids.map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return wanted(status) ? [pid] : [];
  });
  return (await Promise.all(found)).flat();
}

export function fieldOf(status: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

/** Processes of any sandbox or template on this machine. */
export function sandboxed(): Promise<number[]> {
  return processes((status) => {
    const uid = Number(fieldOf(status, 'Uid').split('\t')[0]);
    return uid >= SANDBOX_IDS.first && uid <= SANDBOX_IDS.last;
  });
}

function childrenOf(pid: number | undefined): Promise<number[]> {
  return processes((status) => fieldOf(status, 'PPid') === String(pid));
}

/** The two children of a stack: the daemon, and the server that anyone can reach. */
export async function partsOf(stack: Stack): Promise<{ daemon: number; server: number }> {
  const parts = { daemon: 0, server: 0 };
  for (const pid of await childrenOf(stack.process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('sandbox\0serve')) parts.daemon = pid;
    else if (command.includes('main.js')) parts.server = pid;
  }
  return parts;
}
