/** The terminal's colours by day and by night; the frame around it has the same in console.css. */
import type { ITheme } from '@xterm/xterm';

const LIGHT: ITheme = {
  background: '#ffffff',
  foreground: '#1f2430',
  cursor: '#1d5bd8',
  cursorAccent: '#ffffff',
  selectionBackground: '#bcd4ff',
  black: '#1f2430',
  red: '#b4232c',
  green: '#1d7536',
  yellow: '#8a5a00',
  blue: '#1d5bd8',
  magenta: '#8b3ba8',
  cyan: '#0b7285',
  white: '#6b7280',
  brightBlack: '#5b6475',
  brightRed: '#c62f38',
  brightGreen: '#1f7f3b',
  brightYellow: '#946200',
  brightBlue: '#2b6af0',
  brightMagenta: '#9b45b9',
  brightCyan: '#0c7d92',
  brightWhite: '#1f2430',
};

const DARK: ITheme = {
  background: '#14171d',
  foreground: '#dde1e9',
  cursor: '#8ab4ff',
  cursorAccent: '#14171d',
  selectionBackground: '#33507f',
  black: '#2b303b',
  red: '#ff7b80',
  green: '#7fd88f',
  yellow: '#e9c46a',
  blue: '#8ab4ff',
  magenta: '#d7a1f0',
  cyan: '#6fd3e3',
  white: '#dde1e9',
  brightBlack: '#8b94a5',
  brightRed: '#ff9a9e',
  brightGreen: '#9be8a9',
  brightYellow: '#f5d98b',
  brightBlue: '#aac8ff',
  brightMagenta: '#e5bdf7',
  brightCyan: '#93e2ee',
  brightWhite: '#ffffff',
};

/** Calls back with the theme the visitor prefers, now and whenever that changes. */
export function followTheme(apply: (theme: ITheme) => void): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const update = () => apply(dark.matches ? DARK : LIGHT);
  dark.addEventListener('change', update);
  update();
}
