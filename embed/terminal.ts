/** The terminal emulator: xterm with what a visitor's shell needs, and closed to hostile output. */
import { FitAddon } from '@xterm/addon-fit';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { CELLS } from '../server/protocol.ts';
import { followTheme } from './theme.ts';

/** Lines kept above the screen: about 3 MB when full, at 80 columns. */
const SCROLLBACK_LINES = 2000;

/** WCAG AA. A program may choose any colours; they are nudged until they can be read. */
const MINIMUM_CONTRAST = 4.5;

/**
 * Opens a terminal in an element and keeps it as large as that element.
 *
 * Output is hostile. Left out on purpose: clipboard access by escape sequence, window operations
 * and reports, and titles. Links are http or https only, and their true target shows on hover.
 */
export function openTerminal(parent: HTMLElement): Terminal {
  const links = {
    activate: (_event: MouseEvent, uri: string) => openLink(uri),
    hover: (_event: MouseEvent, uri: string) => void (parent.title = uri),
    leave: () => void (parent.title = ''),
  };
  const terminal = new Terminal({
    // The choice of Unicode version is "proposed" API.
    allowProposedApi: true,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    fontSize: 14,
    lineHeight: 1.2,
    linkHandler: links,
    minimumContrastRatio: MINIMUM_CONTRAST,
    scrollback: SCROLLBACK_LINES,
  });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  terminal.loadAddon(new WebLinksAddon(links.activate, links));
  followTheme((theme) => (terminal.options.theme = theme));
  terminal.open(parent);
  keepFitting(terminal, parent);
  return terminal;
}

/** Follows the element's size, within what the server accepts. */
function keepFitting(terminal: Terminal, parent: HTMLElement): void {
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  const refit = () => {
    const room = fit.proposeDimensions();
    // An element that is not shown has no size, and the terminal keeps its own.
    if (!room || !Number.isFinite(room.cols) || !Number.isFinite(room.rows)) return;
    const cols = Math.min(Math.max(room.cols, CELLS.minCols), CELLS.maxCols);
    const rows = Math.min(Math.max(room.rows, CELLS.minRows), CELLS.maxRows);
    terminal.resize(cols, rows);
  };
  refit();
  new ResizeObserver(refit).observe(parent);
}

function openLink(uri: string): void {
  if (/^https?:\/\//i.test(uri)) window.open(uri, '_blank', 'noopener,noreferrer');
}
