/** The vocabulary of the browser tests: a documentation page with a console on it, as a visitor uses it. */
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';

export class ConsolePage {
  readonly page: Page;
  readonly button: Locator;
  readonly sample: Locator;
  readonly iframe: Locator;
  readonly frame: FrameLocator;
  readonly #docsUrl: string;

  constructor(page: Page, docsUrl: string) {
    this.page = page;
    this.#docsUrl = docsUrl;
    this.button = page.getByRole('button', { name: 'Launch interactive shell' }).first();
    this.sample = page.locator('try-console pre').first();
    this.iframe = page.locator('try-console iframe');
    this.frame = page.frameLocator('try-console iframe');
  }

  /** Opens the documentation page and waits until its own resources have loaded. */
  async open(): Promise<void> {
    await this.page.goto(this.#docsUrl);
  }

  /** Opens the page, clicks the button, and waits for the prompt. */
  async launch(): Promise<void> {
    await this.open();
    await this.button.click();
    await this.expectPrompt(1);
  }

  get rows(): Locator {
    return this.frame.locator('.xterm-rows');
  }

  /** What the terminal shows, a line each, without trailing blanks. */
  async screen(): Promise<string> {
    const lines = await this.rows.locator('> div').allInnerTexts();
    return lines.map((line) => line.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
  }

  /** Waits until the screen shows something. */
  async expectScreen(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.screen()).toMatch(pattern);
  }

  /** Waits for IPython's n-th prompt, empty and at the end of the screen. */
  async expectPrompt(n: number): Promise<void> {
    await this.expectScreen(new RegExp(`In \\[${n}\\]:\\s*$`));
  }

  /** After an end: Enter brings a new console, in which nothing of the old one is bound. */
  async expectRestart(kept: string): Promise<void> {
    await expect(async () => {
      await this.page.keyboard.press('Enter');
      expect(await this.screen()).toMatch(/In \[1\]:\s*$/);
    }).toPass();
    await this.run(`'${kept}' in globals()`);
    await this.expectScreen(/Out\[1\]: False/);
  }

  /** Types as a person does, wherever the keyboard's focus is. */
  async type(keys: string): Promise<void> {
    await this.page.keyboard.type(keys);
  }

  /** Types a line and Enter. */
  async run(line: string): Promise<void> {
    await this.type(line);
    await this.page.keyboard.press('Enter');
  }

  /** Pastes into the terminal, as the platform's key does. */
  async paste(text: string): Promise<void> {
    await this.frame
      .getByRole('textbox', { name: 'Terminal input' })
      .evaluate((element, pasted) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', pasted);
        element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
      }, text);
  }
}
