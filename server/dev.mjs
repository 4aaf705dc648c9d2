/** `npm run dev`: runs the product, and starts it anew, freshly built, whenever a source file changes. */

import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = ['server', 'embed', 'sandbox', 'public'];

/** Editors write a file in several steps, and a checkout changes many: one restart for all of them, after so many ms. */
const SETTLE_MS = 200;

let child = start();
let isRestarting = false;
/** @type {NodeJS.Timeout | undefined} */
let timer;

for (const folder of SOURCES) {
  watch(join(ROOT, folder), { recursive: true }, (_, file) => {
    if (file?.includes('__pycache__')) return;
    clearTimeout(timer);
    timer = setTimeout(restart, SETTLE_MS);
  });
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    child.once('exit', () => process.exit());
    child.kill('SIGTERM');
  });
}

function start() {
  return spawn(process.execPath, [join(ROOT, 'server/start.mjs')], { stdio: 'inherit' });
}

function restart() {
  if (isRestarting) return;
  isRestarting = true;
  const again = () => {
    isRestarting = false;
    child = start();
  };
  // A build that failed has ended already, and waits for the next change.
  if (child.exitCode !== null) return again();
  child.once('exit', again);
  child.kill('SIGTERM');
}
