/** How the browser tests run: Debian's Chromium, one stack, one test at a time. */
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  // Every test starts real sandboxes on the same two cores: side by side they would only wait for each other.
  workers: 1,
  forbidOnly: Boolean(process.env['CI']),
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [
    ['list'],
    ...(process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] ? [['json'] as ['json']] : []),
  ],
  use: {
    viewport: { width: 1000, height: 900 },
    trace: 'retain-on-failure',
  },
});
