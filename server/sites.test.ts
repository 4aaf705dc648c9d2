import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartError } from './errors.ts';
import { demoSites, parseSites, readSites } from './sites.ts';
import { temporaryFolder } from './testing/folder.ts';

test('a sites file names each site with its origins and environment', async () => {
  const file = join(await temporaryFolder(), 'sites.json');
  await writeFile(file, JSON.stringify({ docs: site(['https://docs.example']) }));
  expect((await readSites(file)).get('docs')).toEqual({
    key: 'docs',
    origins: new Set(['https://docs.example']),
    environment: 'ipython',
  });
});

test('an origin is compared as browsers write it', () => {
  const sites = parse({ docs: site(['HTTPS://Docs.Example:443', 'http://[::1]:8000']) });
  expect([...(sites.get('docs')?.origins ?? [])]).toEqual([
    'https://docs.example',
    'http://[::1]:8000',
  ]);
});

test.each([
  '*',
  'null',
  'https://*.example',
  'https://docs.example/',
  'https://docs.example/path',
  'https://user@docs.example',
  "https://docs.example;script-src'",
  'https://docs.example:99999',
  'ftp://docs.example',
])('%s is refused as an origin', (origin) => {
  expect(() => parse({ docs: site([origin]) })).toThrow(/docs\.origins\.0: give a bare origin/);
});

test.each([
  ['not JSON', '{', /is not JSON/],
  ['a misspelt field', '{"a": {"origin": [], "environment": "ipython"}}', /Unrecognized key/],
  ['a key with a slash', '{"a/b": {"origins": [], "environment": "ipython"}}', /a\/b/],
  ['a path as environment', '{"a": {"origins": [], "environment": "../x"}}', /environment's name/],
])('a sites file with %s is refused', (_what, text, problem) => {
  expect(() => parseSites('sites.json', text)).toThrow(problem);
});

test('a missing sites file stops the start', async () => {
  await expect(readSites('/nowhere/sites.json')).rejects.toThrow(StartError);
});

test('without a sites file the documentation page may embed "demo" by either name, and nobody else', () => {
  const demo = demoSites('http://localhost:8101').get('demo');
  expect([...(demo?.origins ?? [])]).toEqual(['http://localhost:8101', 'http://127.0.0.1:8101']);
  expect(demoSites(undefined).get('demo')?.origins.size).toBe(0);
});

function site(origins: string[]) {
  return { origins, environment: 'ipython' };
}

function parse(sites: object) {
  return parseSites('sites.json', JSON.stringify(sites));
}
