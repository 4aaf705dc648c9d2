/** GET /v1/health: would a console of this site start now? Pages ask before they show a button. */
import { Router } from 'express';
import type { Context } from '../context.ts';
import type { HealthStatus } from '../protocol.ts';
import { findSite, listedOrigin } from '../sites.ts';

/** Makes the route. It always answers 200, because a browser prints every other status as an error. */
export function healthRoute({ sites, admission }: Context): Router {
  return Router().get('/v1/health', async (request, response) => {
    const site = findSite(sites, request.query['site']);
    const { origin } = request.headers;
    const listed = listedOrigin(site, origin);
    const isServed = site !== undefined && (listed !== undefined || origin === undefined);
    const status: HealthStatus = isServed ? await admission.health(site.key) : 'site';
    response.vary('Origin');
    // A foreign page learns nothing: without this header its browser keeps the answer from it.
    if (listed !== undefined) response.set('Access-Control-Allow-Origin', listed);
    response.set('Cross-Origin-Resource-Policy', 'cross-origin');
    // Not even an "ok" is kept: when the switch is moved, the very next page has no button.
    response.set('Cache-Control', 'no-store');
    response.json({ status });
  });
}
