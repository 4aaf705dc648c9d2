/** A whole server: bound, wired and ready, with the one way to stop it. */
import { join } from 'node:path';
import { createConsoleHandler } from './app.ts';
import type { Config } from './config.ts';
import { createContext, type Context } from './context.ts';
import { createDocsSite } from './docs-site.ts';
import { listen, type Listeners } from './listen.ts';

export interface Server {
  consoleUrl: string;
  docsUrl: string | undefined;
  /** Ends every session with a word to its visitor, then hangs up; takes 2 s at most. */
  stop(): Promise<void>;
}

/** Starts a server. @throws StartError, and then nothing listens any more */
export async function startServer(config: Config): Promise<Server> {
  const listeners = await listen(config);
  try {
    const context = await createContext(config, listeners);
    await serve(context, listeners);
    const { consoleUrl, docsUrl, log } = context;
    log.info({ consoleUrl, docsUrl }, 'listening');
    return { consoleUrl, docsUrl, stop: () => stop(context, listeners) };
  } catch (error) {
    await close(listeners);
    throw error;
  }
}

async function serve(context: Context, { console, docs }: Listeners): Promise<void> {
  const handler = await createConsoleHandler(context);
  if (docs) {
    const site = await createDocsSite(join(context.config.webDir, 'docs'), context.consoleUrl);
    docs.serve({ request: site });
  }
  console.serve(handler);
}

async function stop(context: Context, listeners: Listeners): Promise<void> {
  context.log.info({ living: context.sessions.count }, 'stopping');
  context.sessions.endAll({ reason: 'maintenance' });
  await close(listeners);
}

async function close({ console, docs }: Listeners): Promise<void> {
  await Promise.all([console.close(), docs?.close()]);
}
