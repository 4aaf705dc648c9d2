import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StartError } from './errors.ts';
import { KillSwitch } from './kill-switch.ts';
import { createLog } from './log.ts';
import { temporaryFolder } from './testing/folder.ts';

const LOG = createLog('silent');

test('the first start turns the switch on and writes that down', async () => {
  const dir = join(await temporaryFolder(), 'state');
  expect((await KillSwitch.load(dir, LOG)).position).toBe('on');
  expect(JSON.parse(await readFile(join(dir, 'switch.json'), 'utf8'))).toMatchObject({
    position: 'on',
  });
});

test.each(['drain', 'off', 'on'] as const)('"%s" holds across a restart', async (position) => {
  const dir = await temporaryFolder();
  await (await KillSwitch.load(dir, LOG)).set(position, 'ann', 'why not');
  expect((await KillSwitch.load(dir, LOG)).last).toMatchObject({
    position,
    who: 'ann',
    reason: 'why not',
  });
});

test('every change is recorded with when, who and why, in order', async () => {
  const dir = await temporaryFolder();
  const killSwitch = await KillSwitch.load(dir, LOG);
  await Promise.all([killSwitch.set('off', 'ann', 'attack'), killSwitch.set('on', 'bob', 'over')]);
  const lines = (await readFile(join(dir, 'audit.jsonl'), 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { position: 'on', who: 'server' },
    {
      position: 'off',
      who: 'ann',
      reason: 'attack',
      at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    },
    { position: 'on', who: 'bob', reason: 'over' },
  ]);
  expect(killSwitch.position).toBe('on');
});

test.each(['', '{"position":"on"', '{"position":"maybe"}', 'null'])(
  'a switch file that reads %j counts as off',
  async (text) => {
    const dir = await temporaryFolder();
    await KillSwitch.load(dir, LOG);
    await writeFile(join(dir, 'switch.json'), text);
    expect((await KillSwitch.load(dir, LOG)).position).toBe('off');
  },
);

test('a switch file that was lost counts as off, not as a first start', async () => {
  const dir = await temporaryFolder();
  await KillSwitch.load(dir, LOG);
  await rm(join(dir, 'switch.json'));
  expect((await KillSwitch.load(dir, LOG)).position).toBe('off');
});

test('turning it off works even where nothing can be written, and says so', async () => {
  const dir = join(await temporaryFolder(), 'state');
  const killSwitch = await KillSwitch.load(dir, LOG);
  await rm(dir, { recursive: true });
  await expect(killSwitch.set('off', 'ann', 'disk full')).rejects.toThrow(/ENOENT/);
  expect(killSwitch.position).toBe('off');
});

test('turning it on takes effect only once it is written', async () => {
  const dir = join(await temporaryFolder(), 'state');
  const killSwitch = await KillSwitch.load(dir, LOG);
  await killSwitch.set('off', 'ann', 'attack');
  await rm(dir, { recursive: true });
  await expect(killSwitch.set('on', 'ann', 'over')).rejects.toThrow(/ENOENT/);
  expect(killSwitch.position).toBe('off');
});

test('a change is told to those who listen', async () => {
  const killSwitch = await KillSwitch.load(await temporaryFolder(), LOG);
  const heard: string[] = [];
  killSwitch.on('change', (position) => heard.push(position));
  await killSwitch.set('drain', 'ann', 'upgrade');
  expect(heard).toEqual(['drain']);
});

test('a state folder that cannot be made stops the start', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(KillSwitch.load(join(file, 'state'), LOG)).rejects.toThrow(StartError);
});
