/** `npm start`: makes the machine ready where it is not, then runs one node until it is told to stop. */

import { setUp } from './setup.mjs';

// What is made here is read by other users: the console server, and the templates. A hardened root's umask would
// keep it from them.
process.umask(0o022);

if (await setUp({ forTests: false })) {
  await import(new URL('../dist/server/supervise.js', import.meta.url).href);
}
