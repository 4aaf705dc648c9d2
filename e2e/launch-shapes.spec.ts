/** Samples and screens of other shapes: what a visitor needs of the console stays within reach. */
import type { Locator } from '@playwright/test';
import { expect, test } from './test.ts';

/** A rectangle in px, from the top left corner of the window. */
async function boxOf(element: Locator) {
  const box = await element.boundingBox();
  if (!box) throw new Error('the element is not shown');
  return { ...box, right: box.x + box.width, bottom: box.y + box.height };
}

test('over a sample of one line the frame is high enough to use, and in front of what follows', async ({
  consolePage,
}) => {
  const { page, sample, iframe } = consolePage;
  await consolePage.open();
  await sample.evaluate((element) => (element.textContent = '1 + 1'));
  const following = page.locator('try-console + p');
  // As a theme does for a label or a button on a sample.
  await following.evaluate((element) => {
    element.style.setProperty('position', 'relative');
    element.style.setProperty('z-index', '1');
  });
  const before = await sample.boundingBox();
  const below = await boxOf(following);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await consolePage.button.click();
  await consolePage.expectPrompt(1);
  expect(await iframe.boundingBox()).toEqual({ ...before, height: 160 });
  const place = { x: below.x + 20, y: below.y + below.height / 2 };
  const inFront = await page.evaluate(
    ({ x, y }) => document.elementFromPoint(x, y)?.localName,
    place,
  );
  expect(inFront).toBe('try-console');
  expect(await boxOf(following)).toEqual(below);
  expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(height);
  await consolePage.frame.getByRole('button', { name: 'Close console' }).click();
  await expect(sample).toBeVisible();
  expect(await sample.boundingBox()).toEqual(before);
});

test('of two frames that overlap, the one with the keyboard is in front', async ({
  consolePage,
}) => {
  const { page, sample, iframe } = consolePage;
  await consolePage.open();
  await sample.evaluate((element) => {
    element.textContent = '1 + 1';
    const copy = document.createElement('try-console');
    copy.setAttribute('site', 'demo');
    copy.innerHTML = '<pre>2 + 2</pre>';
    element.closest('try-console')?.after(copy);
  });
  const buttons = page.getByRole('button', { name: 'Launch interactive shell' });
  await expect(buttons).toHaveCount(2);
  const bottom = (await boxOf(page.locator('try-console pre').nth(1))).y + 4;
  const inFront = () =>
    page.evaluate((y) => {
      const hit = document.elementFromPoint(innerWidth / 2, y);
      return [...document.querySelectorAll('try-console')].findIndex((each) => each === hit);
    }, bottom);
  await buttons.nth(1).click();
  await buttons.nth(0).click();
  await expect.poll(inFront).toBe(0);
  await iframe.nth(1).focus();
  await expect.poll(inFront).toBe(1);
});

test('why a console ended is told at the top of its frame, however high that is', async ({
  consolePage,
}) => {
  await consolePage.open();
  await consolePage.sample.evaluate((element) => element.style.setProperty('height', '2000px'));
  await consolePage.button.click();
  await consolePage.expectPrompt(1);
  await consolePage.run('exit');
  const notice = consolePage.frame.getByRole('alert');
  await expect(notice).toContainText('Press Enter');
  await expect(notice).toBeInViewport({ ratio: 1 });
  expect((await boxOf(notice)).y).toBeLessThan((await boxOf(consolePage.iframe)).y + 50);
});

test('on a narrow sample the button stays on it, and in its frame the way out', async ({
  consolePage,
}) => {
  await consolePage.open();
  await consolePage.sample.evaluate((element) => element.style.setProperty('width', '140px'));
  const sample = await boxOf(consolePage.sample);
  // The name is still its whole name: that is how it is found.
  await expect(async () => {
    const button = await boxOf(consolePage.button);
    expect(button.x).toBeGreaterThan(sample.x);
    expect(button.right).toBeLessThan(sample.right);
  }).toPass();
  await consolePage.button.click();
  await consolePage.expectPrompt(1);
  const close = await boxOf(consolePage.frame.getByRole('button', { name: 'Close console' }));
  expect(close.x).toBeGreaterThan(sample.x);
  expect(close.right).toBeLessThan(sample.right);
});

test('with a mouse nothing scrolls, even where the frame goes on below the window', async ({
  consolePage,
}) => {
  const { page } = consolePage;
  await page.setViewportSize({ width: 1000, height: 620 });
  await consolePage.open();
  await consolePage.button.click();
  await consolePage.expectPrompt(1);
  expect(await page.evaluate(() => scrollY)).toBe(0);
  expect((await boxOf(consolePage.iframe)).bottom).toBeGreaterThan(620);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true });

  test('a tap brings the whole frame into view', async ({ consolePage }) => {
    const { page, sample, iframe } = consolePage;
    await consolePage.open();
    await expect(consolePage.button).toBeVisible();
    const { y } = await boxOf(sample);
    await page.evaluate((top) => scrollTo({ top, behavior: 'instant' }), y - 600);
    await expect(sample).not.toBeInViewport({ ratio: 1 });
    await consolePage.button.tap();
    await expect(iframe).toBeInViewport({ ratio: 1 });
  });

  test('the page fits the width', async ({ consolePage }) => {
    await consolePage.open();
    const width = await consolePage.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(360);
  });
});
