/**
 * The picture in the README: `npx playwright test --config e2e/playwright.config.ts screenshot --update-snapshots=all`
 * takes it anew. Without that option the picture is taken all the same, so that what it shows is known to be so.
 */
import { join } from 'node:path';
import { ROOT } from './stack.ts';
import { expect, test } from './test.ts';

test.use({ viewport: { width: 1000, height: 700 } });

test('a documentation page with a console on it', async ({ consolePage }, testInfo) => {
  const { page } = consolePage;
  await consolePage.launch();
  await consolePage.run('from statistics import mean');
  await consolePage.expectPrompt(2);
  await consolePage.run('mean([3, 1, 4, 1, 5])');
  await consolePage.expectScreen(/Out\[2\]: 2\.8/);
  await consolePage.expectPrompt(3);
  await consolePage.iframe.evaluate((frame) =>
    frame.scrollIntoView({ block: 'end', behavior: 'instant' }),
  );
  const isWanted = testInfo.config.updateSnapshots === 'all';
  const path = isWanted ? join(ROOT, 'e2e/screenshot.png') : testInfo.outputPath('screenshot.png');
  expect((await page.screenshot({ path })).length).toBeGreaterThan(10_000);
});
