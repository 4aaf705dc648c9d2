import { expect, test, vi } from 'vitest';
import { Names } from './names.ts';

/** A name server that answers when it is told to. */
function patientServer() {
  const asked: string[] = [];
  const pending: (() => void)[] = [];
  const lookup = (host: string) =>
    new Promise<string[]>((resolve) => {
      asked.push(host);
      pending.push(() => resolve([host]));
    });
  return { asked, lookup, answer: () => pending.shift()?.() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('many who ask for one name cost one question', async () => {
  const { asked, lookup, answer } = patientServer();
  const names = new Names(lookup);
  const answers = Array.from({ length: 50 }, () => names.resolve('a.example'));
  answer();
  expect(new Set((await Promise.all(answers)).flat())).toEqual(new Set(['a.example']));
  expect(asked).toEqual(['a.example']);
});

test('two questions at once, and no more, hold a thread', async () => {
  const { asked, lookup, answer } = patientServer();
  const names = new Names(lookup);
  const hosts = ['a.example', 'b.example', 'c.example', 'd.example'];
  const answers = Promise.all(hosts.map((host) => names.resolve(host)));
  await settled();
  expect(asked).toEqual(hosts.slice(0, 2));
  answer();
  await settled();
  expect(asked).toEqual(hosts.slice(0, 3));
  for (let i = 0; i < 3; i++) {
    answer();
    await settled();
  }
  expect(await answers).toEqual(hosts.map((host) => [host]));
});

test('an answer is asked for again when it is 10 s old, a failure too', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const lookup = vi.fn<(host: string) => Promise<string[]>>();
    lookup.mockRejectedValueOnce(new Error('no such name')).mockResolvedValue(['1.1.1.1']);
    const names = new Names(lookup);
    await expect(names.resolve('a.example')).rejects.toThrow('no such name');
    await expect(names.resolve('a.example')).rejects.toThrow('no such name');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await names.resolve('a.example')).toEqual(['1.1.1.1']);
    expect(lookup).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test('the host’s own resolver is used: its file of hosts counts', async () => {
  expect(await new Names().resolve('localhost')).toContain('127.0.0.1');
});
