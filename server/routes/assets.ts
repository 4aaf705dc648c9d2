/** The built files: the loader for every page, and what the console frame loads. */
import { join } from 'node:path';
import compression from 'compression';
import express, { Router } from 'express';

/** Makes the routes of the files below `webDir`. */
export function assetRoutes(webDir: string): Router {
  const embed = join(webDir, 'embed');
  // Nothing here depends on who asks, so that its compressed length tells nothing.
  return Router()
    .use(['/embed.js', '/assets'], compression())
    .get('/embed.js', (_request, response) => {
      // Any site's page may load it, also one that isolates itself.
      response.set('Cross-Origin-Resource-Policy', 'cross-origin');
      response.sendFile('embed.js', { root: embed, maxAge: '5m' });
    })
    .use(
      '/assets',
      // Their names change with their content.
      express.static(join(embed, 'assets'), { index: false, immutable: true, maxAge: '1y' }),
    );
}
