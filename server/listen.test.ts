import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { toConfig } from './config.ts';
import { listen } from './listen.ts';

test.each(['PORT', 'DOCS_PORT'])('a %s in use is told with the remedy', async (option) => {
  const port = await takePort();
  const config = toConfig({
    TRY_CONSOLE_PORT: '0',
    TRY_CONSOLE_DOCS_PORT: '0',
    [`TRY_CONSOLE_${option}`]: String(port),
  });
  await expect(listen(config)).rejects.toThrow(
    `TRY_CONSOLE_${option} ${port} on 127.0.0.1 is in use: ` +
      'end the program that uses it, or give another port.',
  );
});

test('an address that is not ours is told with the remedy', async () => {
  const config = toConfig({ TRY_CONSOLE_HOST: '192.0.2.1', TRY_CONSOLE_PORT: '0' });
  await expect(listen(config)).rejects.toThrow(/cannot be bound .*: change TRY_CONSOLE_HOST/);
});

test('a request that comes before the server is ready is answered once it is', async () => {
  const { console } = await listen(toConfig({ TRY_CONSOLE_PORT: '0', TRY_CONSOLE_DOCS_PORT: '' }));
  onTestFinished(() => console.close());
  const response = fetch(`http://127.0.0.1:${console.port}/`);
  console.serve({ request: (_request, answer) => answer.end('ready') });
  expect(await (await response).text()).toBe('ready');
});

async function takePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}
