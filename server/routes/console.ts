/** GET /console: makes a visitor and returns the frame's page with the proof, or says why not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Router } from 'express';
import type { Context } from '../context.ts';
import { StartError } from '../errors.ts';
import type { ConsoleBoot, End } from '../protocol.ts';
import { findSite, listedOrigin, type Site } from '../sites.ts';

/** Where the page takes its {@link ConsoleBoot}. */
const PLACEHOLDER = '%BOOT%';

/** Makes the route. @throws StartError when the built page is missing */
export async function consoleRoute(context: Context): Promise<Router> {
  const template = await readTemplate(join(context.config.webDir, 'embed', 'console.html'));
  return Router().get('/console', async (request, response) => {
    const { parent } = request.query;
    const site = findSite(context.sites, request.query['site']);
    const parentOrigin = listedOrigin(site, parent);
    const isServed = site !== undefined && (parentOrigin !== undefined || parent === undefined);
    const boot: ConsoleBoot = isServed
      ? await bootOf(context, site)
      : { refused: { reason: 'site' } };
    if (parentOrigin !== undefined) boot.parentOrigin = parentOrigin;
    response.status(statusOf(boot.refused));
    response.set({
      'Content-Security-Policy': contentPolicy(context.consoleUrl, parent === undefined, site),
      // A documentation page that isolates itself shows a frame only with these two.
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'no-store',
    });
    // A function, because a string would have its "$" interpreted.
    response.type('html').send(template.replace(PLACEHOLDER, () => toScriptJson(boot)));
  });
}

async function bootOf({ admission, visitors }: Context, site: Site): Promise<ConsoleBoot> {
  const refused = await admission.refusal(site.key);
  return refused ? { refused } : { token: await visitors.issue(site) };
}

async function readTemplate(file: string): Promise<string> {
  const template = await readFile(file, 'utf8').catch(() => '');
  if (template.includes(PLACEHOLDER)) return template;
  throw new StartError(`${file} is missing or damaged: build it with "npm run build".`);
}

function statusOf(refused: End | undefined): number {
  if (!refused) return 200;
  return refused.reason === 'site' ? 403 : 503;
}

/** What the frame may load, and who may embed it: a page opened by itself, nobody. */
function contentPolicy(consoleUrl: string, isFullPage: boolean, site: Site | undefined): string {
  const ancestors = isFullPage ? [] : [...(site?.origins ?? [])];
  return [
    "default-src 'none'",
    "script-src 'self'",
    // The terminal emulator sets styles on its elements.
    "style-src 'self' 'unsafe-inline'",
    // Older browsers do not count a WebSocket of the same host as 'self'.
    `connect-src 'self' ${consoleUrl.replace(/^http/, 'ws')}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors.join(' ') || "'none'"}`,
  ].join('; ');
}

/** JSON that cannot end the script element it stands in. */
export function toScriptJson(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
