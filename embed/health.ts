/** Asks the console server whether a console would start now: the only thing a page load costs. */
import type { HealthStatus } from '../server/protocol.ts';

/** A server that takes longer than this, in ms, is too busy to be offered. */
const TIMEOUT_MS = 3000;

/**
 * Whether the server would start a console for the site now. Every doubt is a no: refused, slow,
 * unreachable or not understood.
 *
 * @param server the console server's origin
 */
export async function isHealthy(server: string, site: string): Promise<boolean> {
  try {
    const response = await fetch(`${server}/v1/health?site=${encodeURIComponent(site)}`, {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { status } = (await response.json()) as { status?: HealthStatus };
    return response.ok && status === 'ok';
  } catch {
    return false;
  }
}
