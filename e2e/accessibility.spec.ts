/** The page and the frame are for everybody: no violation that axe knows, in either theme and on a phone. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './test.ts';

const DEVICES = {
  desktop: { viewport: { width: 1000, height: 900 } },
  phone: { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true },
};

for (const [device, options] of Object.entries(DEVICES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${device}, ${colorScheme}`, () => {
      test.use({ ...options, colorScheme });

      test('page and console have no violation', async ({ consolePage }) => {
        await consolePage.open();
        await expect(consolePage.button).toBeVisible();
        expect((await new AxeBuilder({ page: consolePage.page }).analyze()).violations).toEqual([]);
        await consolePage.button.click();
        await consolePage.expectPrompt(1);
        expect((await new AxeBuilder({ page: consolePage.page }).analyze()).violations).toEqual([]);
        await consolePage.run('exit');
        await expect(consolePage.frame.getByRole('alert')).toContainText('Press Enter');
        expect((await new AxeBuilder({ page: consolePage.page }).analyze()).violations).toEqual([]);
      });
    });
  }
}
