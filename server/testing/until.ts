/** Waiting in tests: polling with a deadline. */

/** How long anything that a test waits for may take, in ms: far above what it takes. */
const DEADLINE_MS = 5_000;

/**
 * Waits until a function returns something that is neither undefined nor false.
 * @throws after 5 s, naming what was waited for
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
}
