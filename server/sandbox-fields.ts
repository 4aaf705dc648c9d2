/** What is said in JSON on the connection to a sandbox, by the daemon and by the sandbox, read as hostile. */
import { z } from 'zod';
import { LIMITS, type Limit } from './protocol.ts';

const FACTS = z.object({
  network: z.enum(['none', 'loopback', 'proxy']),
  /** The hosts that the proxy lets through, in lower case. */
  hosts: z.array(z.string()),
  limits: z.object({
    memory_mb: z.int().positive(),
    processes: z.int().positive(),
    /** Through the proxy: connections at once, and what they carry in all. */
    connections: z.int().positive(),
    network_mb: z.int().positive(),
  }),
});

const EXIT = z.object({
  code: z.int().nullable(),
  /** The signal's name without its "SIG". */
  signal: z
    .string()
    .regex(/^[A-Z0-9+-]{1,12}$/)
    .nullable(),
  /** The limit for which the kernel has sent that signal. */
  limit: z.literal('memory').nullable(),
});

const ERROR = z.object({
  code: z.enum(['environment', 'full', 'protocol', 'fault', 'memory']),
  /** For the log. */
  message: z.string(),
});

/** What the environment's declaration allows a sandbox, by the daemon's own word. */
export type Facts = z.infer<typeof FACTS>;

/** How a terminal's command ended. */
export type Exit = z.infer<typeof EXIT>;

/** Why a sandbox could not be made or broke. */
export type SandboxFailure = z.infer<typeof ERROR>;

/** Readers of the payloads, by the frame they come in. Each throws where a payload is not as it should be. */
export const readFields = {
  facts: reader(FACTS),
  ready: reader(z.object({ sandbox: z.string() })),
  opened: reader(z.object({ pid: z.int().positive() })),
  notice: reader(z.object({ limit: z.enum(Object.keys(LIMITS) as [Limit, ...Limit[]]) })),
  exit: reader(EXIT),
  error: reader(ERROR),
};

function reader<Fields>(schema: z.ZodType<Fields>): (payload: Buffer) => Fields {
  return (payload) => schema.parse(JSON.parse(payload.toString('utf8')));
}
