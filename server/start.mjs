/** `npm start`: makes the machine ready where it is not, then runs one node until it is told to stop. */

import { setUp } from './setup.mjs';

if (await setUp({ forTests: false })) {
  await import(new URL('../dist/server/supervise.js', import.meta.url).href);
}
