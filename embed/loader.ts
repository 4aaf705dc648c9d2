/**
 * The one script a documentation page loads: where the server says a console would start, each
 * `<try-console site="KEY">` gets a button above its code sample. Otherwise the page stays as it was.
 */
import { isHealthy } from './health.ts';
import { addLauncher } from './launcher.ts';

defineElement(originOf(document.currentScript));

/** Where this script came from is where the console is; a module has no such element. */
function originOf(script: typeof document.currentScript): string | undefined {
  return script instanceof HTMLScriptElement ? new URL(script.src).origin : undefined;
}

function defineElement(server: string | undefined): void {
  // The frame keeps its origin inside its sandbox, which protects a page on another origin only.
  if (!server || server === location.origin || customElements.get('try-console')) return;

  const answers = new Map<string, Promise<boolean>>();
  const askOnce = (site: string) => {
    const answer = answers.get(site) ?? isHealthy(server, site);
    answers.set(site, answer);
    return answer;
  };

  customElements.define(
    'try-console',
    class extends HTMLElement {
      #close: (() => void) | undefined;

      async connectedCallback(): Promise<void> {
        const site = this.getAttribute('site');
        if (!site || !(await askOnce(site))) return;
        await documentParsed();
        if (this.isConnected) this.#close ??= addLauncher(this, consoleUrl(server, site));
      }

      disconnectedCallback(): void {
        this.#close?.();
      }
    },
  );
}

/** The frame's URL. The page's origin in it is where the frame may send its messages. */
function consoleUrl(server: string, site: string): URL {
  const url = new URL('/console', server);
  url.searchParams.set('site', site);
  url.searchParams.set('parent', location.origin);
  return url;
}

/** An element is announced before its children are parsed, and the sample is one of them. */
async function documentParsed(): Promise<void> {
  if (document.readyState !== 'loading') return;
  await new Promise((resolve) => {
    document.addEventListener('DOMContentLoaded', resolve, { once: true });
  });
}
