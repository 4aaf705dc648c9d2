/** The few keys that the frame keeps from the terminal: leaving, copying and pasting. */
import type { Terminal } from '@xterm/xterm';

/**
 * Takes these keys out of the terminal's hands. Tab belongs to the shell, so the way out is
 * Ctrl+Shift+. instead: terminals have no code for it, so no program can want it, and browsers and
 * screen readers leave it alone. It is told by the key's place, because layouts differ in its sign.
 */
export function keepKeys(terminal: Terminal, leave: () => void): void {
  terminal.attachCustomKeyEventHandler((event) => {
    if (!event.ctrlKey || event.altKey || event.metaKey) return true;
    if (event.shiftKey && event.code === 'Period') return handle(event, leave);
    // In browsers this opens the developer tools, where every other terminal copies.
    if (event.shiftKey && event.code === 'KeyC') return handle(event, () => copy(terminal));
    // Left to the browser, it pastes. Readers come to paste; vim and readline have Ctrl-Q for ^V.
    if (!event.shiftKey && event.key === 'v' && !isMac()) return false;
    return true;
  });
}

/** Acts when the key goes down, and hides all of its events from terminal and browser. */
function handle(event: KeyboardEvent, act: () => void): false {
  event.preventDefault();
  if (event.type === 'keydown' && !event.repeat) act();
  return false;
}

function copy(terminal: Terminal): void {
  const selection = terminal.getSelection();
  // Refused where the visitor forbade it, which needs no word from us: the selection is still there.
  if (selection) navigator.clipboard.writeText(selection).catch(() => undefined);
}

/** On a Mac, Cmd-V pastes, and Ctrl-V is free for the program. */
function isMac(): boolean {
  return navigator.platform.startsWith('Mac');
}
