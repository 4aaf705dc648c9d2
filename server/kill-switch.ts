/**
 * The kill switch: whether consoles may start and go on. It holds across restarts, and what cannot
 * be read counts as off.
 */
import { EventEmitter } from 'node:events';
import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { appendFile, replaceFile } from './durable-file.ts';
import { hasCode, reasonOf, StartError } from './errors.ts';
import type { Log } from './log.ts';

/** on; drain: no new consoles, living ones go on; off: living ones end now. */
export const POSITIONS = ['on', 'drain', 'off'] as const;

export type Position = (typeof POSITIONS)[number];

/** A change of the switch, as it is kept and shown. */
const CHANGE = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  position: z.enum(POSITIONS),
  who: z.string(),
  reason: z.string(),
});

export type Change = z.infer<typeof CHANGE>;

/** The switch of this node. `change` tells the position, as soon as it holds. */
export class KillSwitch extends EventEmitter<{ change: [Position] }> {
  readonly #dir: string;
  #last: Change;
  /** Changes are made one after the other, in the order in which they were asked for. */
  #queue: Promise<void> = Promise.resolve();

  private constructor(dir: string, last: Change) {
    super();
    this.#dir = dir;
    this.#last = last;
  }

  /**
   * Reads the switch from a folder. The very first start turns it on.
   * @throws StartError when the folder cannot be made or written
   */
  static async load(dir: string, log: Log): Promise<KillSwitch> {
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      if (await isFirstStart(dir)) {
        const first = new KillSwitch(dir, change('off', 'server', 'not on yet'));
        await first.set('on', 'server', 'first start');
        return first;
      }
    } catch (error) {
      throw new StartError(`TRY_CONSOLE_STATE_DIR ${dir}: ${reasonOf(error)}; make it writable.`);
    }
    return new KillSwitch(dir, await readLast(dir, log));
  }

  get position(): Position {
    return this.#last.position;
  }

  /** The latest change. */
  get last(): Change {
    return this.#last;
  }

  /**
   * Moves the switch; resolves once that would survive a crash. Closing takes effect before it is
   * written, so that a full disk cannot keep consoles open; opening only after.
   * @throws the file system's error; the position is then as strict as it was asked to be, or more
   */
  set(position: Position, who: string, reason: string): Promise<void> {
    const made = this.#queue.then(() => this.#set(change(position, who, reason)));
    this.#queue = made.catch(() => undefined);
    return made;
  }

  async #set(next: Change): Promise<void> {
    if (next.position !== 'on') this.#apply(next);
    await appendFile(auditFile(this.#dir), `${JSON.stringify(next)}\n`);
    await replaceFile(switchFile(this.#dir), `${JSON.stringify(next)}\n`);
    if (next.position === 'on') this.#apply(next);
  }

  #apply(next: Change): void {
    this.#last = next;
    this.emit('change', next.position);
  }
}

/** A missing switch is a first start only where there is no audit trail either. */
async function isFirstStart(dir: string): Promise<boolean> {
  return (await isMissing(switchFile(dir))) && (await isMissing(auditFile(dir)));
}

async function isMissing(file: string): Promise<boolean> {
  return access(file).then(
    () => false,
    (error: unknown) => hasCode(error, 'ENOENT'),
  );
}

async function readLast(dir: string, log: Log): Promise<Change> {
  try {
    return CHANGE.parse(JSON.parse(await readFile(switchFile(dir), 'utf8')));
  } catch (error) {
    const remedy = 'set the switch to "on" when it is safe';
    log.error({ file: switchFile(dir), problem: reasonOf(error), remedy }, 'switch counts as off');
    return change('off', 'server', 'the kept position could not be read');
  }
}

function change(position: Position, who: string, reason: string): Change {
  return { at: new Date().toISOString(), position, who, reason };
}

function switchFile(dir: string): string {
  return join(dir, 'switch.json');
}

function auditFile(dir: string): string {
  return join(dir, 'audit.jsonl');
}
