/** The console server over HTTP: the socket's gate first, then the routes, then plain refusals. */
import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { bridge } from './bridge.ts';
import type { Context } from './context.ts';
import { Problem, PROBLEM_TYPE, reasonOf } from './errors.ts';
import { createGate } from './gate.ts';
import type { Handler } from './listen.ts';
import type { Log } from './log.ts';
import { assetRoutes } from './routes/assets.ts';
import { consoleRoute } from './routes/console.ts';
import { healthRoute } from './routes/health.ts';
import { switchRoutes } from './routes/switch.ts';

/** Makes what answers on the console's port. @throws StartError when the built pages are missing */
export async function createConsoleHandler(context: Context): Promise<Handler> {
  const app = await createApp(context);
  const gate = createGate({
    origin: context.consoleUrl,
    log: context.log,
    // Those that are pending, those that have a console, and as many again that are being replaced.
    maxSockets: context.config.maxPending + 2 * context.config.maxSessions,
    onConnection: (connection) => bridge(connection, context),
  });
  /** One request that breaks us must not end everybody's: Node ends the process over a throw here. */
  const guard = (work: () => void, connection: { destroy(): unknown }) => {
    try {
      work();
    } catch (error) {
      context.log.error({ problem: reasonOf(error) }, 'a request broke the server');
      connection.destroy();
    }
  };
  return {
    request: (request, response) =>
      guard(() => {
        if (!gate.request(request, response)) app(request, response);
      }, response),
    upgrade: (request, socket, head) => guard(() => gate.upgrade(request, socket, head), socket),
  };
}

async function createApp(context: Context): Promise<Express> {
  const app = express();
  app.disable('x-powered-by');
  app.use(strictHeaders(context.consoleUrl));
  const { docsUrl } = context;
  // Whoever opens the bare address wants to see a console; the documentation page has one.
  if (docsUrl) app.get('/', (_request, response) => response.redirect(docsUrl));
  app.use(healthRoute(context));
  app.use(await consoleRoute(context));
  app.use(switchRoutes(context));
  app.use(assetRoutes(context.config.webDir));
  app.use(() => {
    throw new Problem(404, 'not-found', 'There is nothing here.');
  });
  app.use(refuse(context.log));
  return app;
}

/** Nothing may be embedded, loaded or run, until a route says otherwise. */
function strictHeaders(consoleUrl: string): express.RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    // The console's own policy is frame-ancestors, which knows lists of sites.
    xFrameOptions: false,
    strictTransportSecurity: consoleUrl.startsWith('https:'),
  });
}

/** Turns every error into a problem document; what is not the caller's fault is logged, not told. */
function refuse(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const problem = toProblem(error);
    if (problem.status >= 500) log.error({ problem: reasonOf(error) }, 'a request failed');
    if (problem.retryAfterMs !== undefined) {
      response.set('Retry-After', String(Math.ceil(problem.retryAfterMs / 1000)));
    }
    response.status(problem.status).set('Cache-Control', 'no-store').type(PROBLEM_TYPE);
    response.send(JSON.stringify(problem));
  };
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  // Express and its parsers put the status on the error: 400 for broken JSON, 413 for a large body.
  const { status } = Object(error) as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500
    ? new Problem(status, 'request', 'The request could not be read.')
    : new Problem(500, 'fault', 'Something failed on our side.');
}
