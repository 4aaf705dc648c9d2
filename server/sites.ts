/** The sites that may embed a console: whom the server serves, and from which pages. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { reasonOf, StartError } from './errors.ts';

/** A documentation site. */
export interface Site {
  /** The public key that its pages name. */
  key: string;
  /** The origins whose pages may embed its console. */
  origins: ReadonlySet<string>;
  /** The environment its consoles run in; the sandbox daemon knows what that means. */
  environment: string;
}

/** The sites by their keys. */
export type Sites = ReadonlyMap<string, Site>;

const ORIGIN_REMEDY = 'give a bare origin such as https://docs.example';

/**
 * An origin goes into a header as it is. So a host is of the characters of host names alone: the URL
 * parser also lets "*" and ";" pass, which mean something else there.
 */
const origin = z
  .string()
  .regex(/^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$/i, ORIGIN_REMEDY)
  .refine((value) => URL.canParse(value), ORIGIN_REMEDY)
  .transform((value) => new URL(value).origin);

const FILE = z.record(
  z.string().regex(/^[\w-]{1,64}$/, 'give a key of 1 to 64 letters, digits, "-" and "_"'),
  z.strictObject({
    origins: z.array(origin),
    environment: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, "give an environment's name"),
  }),
);

/**
 * Reads a sites file: `{ "KEY": { "origins": ["https://docs.example"], "environment": "ipython" } }`.
 * @throws StartError when it cannot be read or is not like that
 */
export async function readSites(file: string): Promise<Sites> {
  return parseSites(
    file,
    await readFile(file, 'utf8').catch((error: unknown) => {
      throw new StartError(`TRY_CONSOLE_SITES_FILE cannot be read: ${reasonOf(error)}.`);
    }),
  );
}

/** Reads the text of a sites file; `file` is its name for the errors. */
export function parseSites(file: string, text: string): Sites {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new StartError(`TRY_CONSOLE_SITES_FILE ${file} is not JSON: ${reasonOf(error)}.`);
  }
  const parsed = FILE.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `TRY_CONSOLE_SITES_FILE ${file}: ${path.join('.')}: ${message}.`,
    );
    throw new StartError(...problems);
  }
  return new Map(Object.entries(parsed.data).map(([key, site]) => [key, toSite(key, site)]));
}

/** The sites of a server without a sites file: "demo", embedded by its own documentation page by either name. */
export function demoSites(docsUrl: string | undefined): Sites {
  const origins = docsUrl === undefined ? [] : [docsUrl, docsUrl.replace('localhost', '127.0.0.1')];
  const site = { origins, environment: 'ipython' };
  return new Map([['demo', toSite('demo', site)]]);
}

/** The site that a request names, if it names one. */
export function findSite(sites: Sites, key: unknown): Site | undefined {
  return typeof key === 'string' ? sites.get(key) : undefined;
}

/** The origin that a request names, if the site's console may be embedded there. */
export function listedOrigin(site: Site | undefined, origin: unknown): string | undefined {
  return typeof origin === 'string' && site?.origins.has(origin) ? origin : undefined;
}

function toSite(key: string, site: { origins: string[]; environment: string }): Site {
  return { key, origins: new Set(site.origins), environment: site.environment };
}
