/** The button above one code sample, and the frame that covers the sample while a console is open. */
import { readFrameMessage } from './messages.ts';
import { keepOver } from './placement.ts';
import { LAUNCHER_STYLE, LEVEL } from './launcher-style.ts';
import { LAUNCHER_TEXT } from './text.ts';

/** Above what a page's contents have, such as 1 for a button on a sample; below its fixed header. */
const OPEN_LEVEL = '2';

/** How long the frame's page may take to run its script, in ms, before the sample comes back. */
const LOAD_TIMEOUT_MS = 10_000;

/**
 * What the frame may do. It keeps its origin, without which its modules would not load. A link that
 * a visitor follows out of it opens as an ordinary page, because most pages break in a sandbox.
 */
const SANDBOX =
  'allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads';

/**
 * Adds the button. Everything lives in a shadow root, out of the flow: the page's own elements
 * neither move nor change, and their styles and ours do not meet.
 * @returns a function that closes the console, if one is open
 */
export function addLauncher(host: HTMLElement, url: URL): () => void {
  const sample = host.querySelector('pre') ?? host.firstElementChild;
  if (!(sample instanceof HTMLElement)) return () => undefined;

  const button = create('button', { type: 'button', textContent: LAUNCHER_TEXT.launch });
  const failure = create('span', { role: 'status', className: 'failure' });
  const progress = create('span', { role: 'status', className: 'progress' });
  const bar = create('div', { className: 'bar' }, failure, button);
  const layer = create('div', { className: 'layer' }, bar, progress);
  const root = host.attachShadow({ mode: 'open' });
  root.adoptedStyleSheets = [styleSheet()];
  root.append(layer, create('slot', {}));
  keepOver(host, sample, layer);

  let opened: { frame: HTMLIFrameElement; abort: AbortController } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows the frame, the way to it, or the sample. */
  const show = (className: 'layer' | 'layer loading' | 'layer open') => {
    clearTimeout(timer);
    const loading = className === 'layer loading';
    if (loading) timer = setTimeout(() => close(LAUNCHER_TEXT.unreachable), LOAD_TIMEOUT_MS);
    progress.textContent = loading ? LAUNCHER_TEXT.loading : '';
    layer.className = className;
    host.style.setProperty(LEVEL, className === 'layer' ? '' : OPEN_LEVEL);
  };

  /** Gives the sample back. The keyboard returns to the button if it was in the frame. */
  const close = (why: string) => {
    if (!opened) return;
    const hadFocus = root.activeElement === opened.frame;
    show('layer');
    opened.abort.abort();
    opened.frame.remove();
    opened = undefined;
    sample.style.visibility = '';
    failure.textContent = why;
    if (hadFocus) button.focus({ preventScroll: true });
  };

  const open = () => {
    const abort = new AbortController();
    const frame = create('iframe', { title: LAUNCHER_TEXT.frameTitle, src: url.href });
    frame.allow = 'clipboard-read; clipboard-write';
    frame.referrerPolicy = 'no-referrer';
    frame.setAttribute('sandbox', SANDBOX);
    opened = { frame, abort };

    const listen = (event: MessageEvent) => {
      if (event.origin !== url.origin || event.source !== frame.contentWindow) return;
      const type = readFrameMessage(event.data)?.type;
      if (type === 'try-console:loading') show('layer loading');
      if (type === 'try-console:close') close('');
      if (type !== 'try-console:loaded') return;
      show('layer open');
      if (root.activeElement === frame) focusAnew(frame);
    };
    addEventListener('message', listen, { signal: abort.signal });

    failure.textContent = '';
    layer.prepend(frame);
    show('layer loading');
    // Out of sight, out of the tab order and out of a screen reader's way, yet holding its place.
    sample.style.visibility = 'hidden';
    frame.focus({ preventScroll: true });
    // A finger has scrolled to the button, and not on to where the frame ends; a mouse stays put.
    if (matchMedia('(pointer: coarse)').matches) layer.scrollIntoView({ block: 'nearest' });
  };

  button.addEventListener('click', open);
  return () => close('');
}

/** A frame that got the keyboard before its page came in has it in name only. */
function focusAnew(frame: HTMLIFrameElement): void {
  frame.blur();
  frame.focus({ preventScroll: true });
}

/** A constructed style sheet, which a page's style-src does not forbid as it does a style element. */
function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LAUNCHER_STYLE);
  return sheet;
}

function create<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]>,
  ...children: Node[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
