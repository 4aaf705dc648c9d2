/**
 * The two origins. On one machine they are two names of it, so that the frame is as foreign to the page as it is in
 * life.
 */
import type { Config } from './config.ts';

/** Addresses that mean this machine, or every one of its addresses. */
const LOCAL = ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::'];

/** The console server's origin as browsers see it. */
export function consoleUrlOf({ host, publicUrl }: Config, port: number): string {
  const name = LOCAL.includes(host) ? (host === '::1' ? '::1' : '127.0.0.1') : host;
  return publicUrl ?? `http://${bracketed(name)}:${port}`;
}

/** The documentation page's origin. */
export function docsUrlOf({ host }: Config, port: number): string {
  return `http://${bracketed(LOCAL.includes(host) ? 'localhost' : host)}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
