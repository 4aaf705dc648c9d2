/** Unit tests, beside their subjects, of the server and of the browser's parts that need no browser. */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: resolve(import.meta.dirname, '..'),
    include: ['server/**/*.test.ts', 'embed/**/*.test.ts'],
    environment: 'node',
    // Longer than anything waits by itself, so that a failure says what it waited for.
    testTimeout: 20_000,
  },
});
