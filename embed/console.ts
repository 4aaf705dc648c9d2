/** The frame's script: reads what the server put in the page, connects, and shows the terminal. */
import { BOOT_ELEMENT_ID, SOCKET_PATH } from '../server/protocol.ts';
import type { ConsoleBoot } from '../server/protocol.ts';
import { keepKeys } from './keys.ts';
import { VERSION } from './messages.ts';
import type { FrameMessage } from './messages.ts';
import { openSocket } from './socket.ts';
import { openTerminal } from './terminal.ts';
import { FRAME_TEXT } from './text.ts';
import { createView } from './view.ts';
import type { View } from './view.ts';

start(readBoot());

function start({ token, refused, parentOrigin }: ConsoleBoot): void {
  const tellPage = pageMessenger(parentOrigin);
  const view = createView({
    fullPageUrl: fullPageUrl(),
    ...(tellPage && { close: () => tellPage('try-console:close') }),
    restart() {
      // The proof was for one use: the page is loaded again for another.
      tellPage?.('try-console:loading');
      location.reload();
    },
  });
  tellPage?.('try-console:loaded');
  if (token) runConsole(view, token, () => tellPage?.('try-console:open'));
  else view.showEnd(refused ?? { reason: 'fault' });
}

/** Runs one console, from connecting to its end. */
function runConsole(view: View, token: string, onOpen: () => void): void {
  const terminal = openTerminal(view.terminal);
  const size = { cols: terminal.cols, rows: terminal.rows };
  keepKeys(terminal, view.leaveTerminal);
  terminal.textarea?.setAttribute('aria-describedby', 'hint');
  // Taken now, and again when the embedding page hands it over, but not from a visitor elsewhere.
  if (window === parent || document.hasFocus()) terminal.focus();
  addEventListener('focus', () => terminal.focus(), { once: true });
  // The first key may come in ahead of that event: what it types still goes where the focus is then.
  addEventListener('keydown', ({ target }) => target === document.body && terminal.focus(), {
    once: true,
  });

  view.show('connecting');
  const socket = openSocket(location.origin + SOCKET_PATH, token, size, {
    ready: () => view.show('starting'),
    running() {
      view.show('running');
      onOpen();
    },
    output: (data) => terminal.write(data, () => socket.drawn(data.length)),
    notice: (notice) => view.showNotice(notice),
    end(end) {
      terminal.options.disableStdin = true;
      // Once all output is drawn, so that the last words are on the screen before ours.
      terminal.write('', () => view.showEnd(end));
    },
  });
  terminal.onData((data) => {
    if (!socket.input(data)) view.warn(FRAME_TEXT.tooMuch);
  });
  terminal.onResize(({ cols, rows }) => socket.resize({ cols, rows }));
}

/** The element is removed, so that the proof is nowhere but in memory. */
function readBoot(): ConsoleBoot {
  const element = document.getElementById(BOOT_ELEMENT_ID);
  element?.remove();
  return JSON.parse(element?.textContent ?? '{}') as ConsoleBoot;
}

/** How to speak to the embedding page: to its origin alone, and not at all without one. */
function pageMessenger(
  origin: string | undefined,
): ((type: FrameMessage['type']) => void) | undefined {
  if (!origin || window === parent) return undefined;
  return (type) => {
    const message: FrameMessage = { type, version: VERSION };
    parent.postMessage(message, origin);
  };
}

/** This page without an embedding one. */
function fullPageUrl(): string {
  const url = new URL(location.href);
  url.searchParams.delete('parent');
  return url.href;
}
