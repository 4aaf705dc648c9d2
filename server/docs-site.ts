/** The documentation page: an ordinary static site on an origin of its own, as a visitor meets it. */
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import compression from 'compression';
import express, { type Express } from 'express';
import { reasonOf, StartError } from './errors.ts';

/** Stands in the pages for the console server's origin, which is known only at the start. */
const PLACEHOLDER = '%CONSOLE_URL%';

/**
 * Makes the site of the files in a folder.
 * @throws StartError when the folder cannot be read
 */
export async function createDocsSite(dir: string, consoleUrl: string): Promise<Express> {
  const pages = await readPages(dir, consoleUrl);
  const app = express();
  app.disable('x-powered-by');
  app.use(compression());
  app.use((_request, response, next) => {
    response.set('X-Content-Type-Options', 'nosniff');
    // No more than a careful site allows for an embedded console.
    response.set('Content-Security-Policy', contentPolicy(consoleUrl));
    next();
  });
  app.get(/.*/, (request, response, next) => {
    const page = pages.get(request.path) ?? pages.get(join(request.path, 'index.html'));
    if (page === undefined) {
      next();
      return;
    }
    response.set('Cache-Control', 'no-cache').type('html').send(page);
  });
  app.use(express.static(dir, { index: false, redirect: false }));
  app.use((_request, response) => {
    response.status(404).type('text').send('There is no such page.\n');
  });
  return app;
}

/** The pages by their paths, such as "/guide/index.html". */
async function readPages(dir: string, consoleUrl: string): Promise<Map<string, string>> {
  try {
    const names = await readdir(dir, { recursive: true });
    const pages = names
      .filter((name) => name.endsWith('.html'))
      .map(async (name): Promise<[string, string]> => {
        const html = await readFile(join(dir, name), 'utf8');
        return [`/${name.split(sep).join('/')}`, html.replaceAll(PLACEHOLDER, consoleUrl)];
      });
    return new Map(await Promise.all(pages));
  } catch (error) {
    throw new StartError(`${dir}: ${reasonOf(error)}; build it with "npm run build".`);
  }
}

function contentPolicy(consoleUrl: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' ${consoleUrl}`,
    `connect-src ${consoleUrl}`,
    `frame-src ${consoleUrl}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
