/** Which messages of a frame the page acts on. */
import { expect, test } from 'vitest';
import { readFrameMessage, VERSION } from './messages.ts';

test.each(['loading', 'loaded', 'open', 'close'])('the page understands "%s"', (name) => {
  const message = { type: `try-console:${name}`, version: VERSION };
  expect(readFrameMessage(message)).toEqual(message);
});

test.each([
  null,
  undefined,
  'try-console:close',
  {},
  { type: 'close', version: VERSION },
  { type: 'try-console:close' },
  { type: 'try-console:close', version: VERSION + 1 },
])('%j is not for us', (data) => {
  expect(readFrameMessage(data)).toBeUndefined();
});
