/** The console server's process: read the options, start, tell the supervisor, stop when told to. */
import { readEnv, toConfig } from './config.ts';
import { StartError } from './errors.ts';
import { startServer } from './server.ts';

// SockJS calls old functions of Node. Bundled, it counts as our code, which Node would warn of.
process.noDeprecation = true;

try {
  const starting = startServer(toConfig(readEnv()));
  const stop = () => {
    void starting.then((server) => server.stop()).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // The supervisor is gone: nobody could stop us any more.
  process.once('disconnect', stop);
  const { consoleUrl, docsUrl } = await starting;
  if (process.connected) process.send?.({ type: 'listening', consoleUrl, docsUrl });
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`try-console: ${error.message}\n`);
  process.exit(1);
}
