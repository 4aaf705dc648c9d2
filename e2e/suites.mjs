/**
 * Runs every check and test of the project, one suite after the other, and adds up what they counted.
 *
 * The last line of its output is `N passed, N failed`, over all of them. A suite that breaks down counts as one
 * failure, so that no crash can pass for silence.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from '../server/setup.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

if (!(await setUp({ forTests: true }))) {
  console.log('0 passed, 1 failed');
  process.exit();
}

const reports = mkdtempSync(join(tmpdir(), 'try-console-tests-'));
const unitReport = join(reports, 'unit.json');
const browserReport = join(reports, 'browser.json');

/** @type {{ name: string, command: string[], env?: NodeJS.ProcessEnv, count: (output: string, ok: boolean) => Counts }[]} */
const SUITES = [
  {
    name: 'types, lint and format',
    command: ['npm', 'run', '--silent', 'check'],
    count: (_, ok) => ({ passed: Number(ok), failed: Number(!ok), skipped: 0 }),
  },
  {
    name: 'units',
    command: [
      ...['npx', 'vitest', 'run', '--config', 'server/vitest.config.ts'],
      ...['--reporter=default', '--reporter=json', `--outputFile=${unitReport}`],
    ],
    count: () => {
      const report = JSON.parse(readFileSync(unitReport, 'utf8'));
      // A file that cannot even be loaded has no test in it, and is a failure.
      const broken = report.testResults.filter(
        (/** @type {any} */ file) => file.status === 'failed' && file.assertionResults.length === 0,
      );
      return {
        passed: report.numPassedTests,
        failed: report.numFailedTests + broken.length,
        skipped: report.numPendingTests + report.numTodoTests,
      };
    },
  },
  {
    name: 'sandbox',
    command: ['/usr/bin/python3', '-m', 'unittest', 'discover', '-s', 'sandbox/tests', '-t', '.'],
    count: (output) => {
      const ran = Number(/^Ran (\d+) tests? in/m.exec(output)?.[1]);
      const of = (/** @type {string} */ what) =>
        Number(new RegExp(`\\b${what}=(\\d+)`).exec(output.slice(-500))?.[1] ?? 0);
      const failed = of('failures') + of('errors') + of('unexpected successes');
      return { passed: ran - failed - of('skipped'), failed, skipped: of('skipped') };
    },
  },
  {
    name: 'browser',
    command: ['npx', 'playwright', 'test', '--config', 'e2e/playwright.config.ts'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: browserReport },
    count: () => {
      const { stats } = JSON.parse(readFileSync(browserReport, 'utf8'));
      return {
        passed: stats.expected,
        failed: stats.unexpected + stats.flaky,
        skipped: stats.skipped,
      };
    },
  },
];

/** @type {Counts} */
const total = { passed: 0, failed: 0, skipped: 0 };
for (const suite of SUITES) {
  console.log(`\n── ${suite.name}`);
  const { ok, output } = await run(suite.command, suite.env);
  const counts = countOf(suite, output, ok);
  console.log(`── ${suite.name}: ${counts.passed} passed, ${counts.failed} failed`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}
rmSync(reports, { recursive: true });
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** @param {typeof SUITES[number]} suite @param {string} output @param {boolean} ok @returns {Counts} */
function countOf(suite, output, ok) {
  try {
    const counts = suite.count(output, ok);
    if (Object.values(counts).some((count) => !Number.isInteger(count)))
      throw new Error('no counts');
    // It found all well and ended badly, or ran nothing at all: something is wrong that it does not count.
    const silent = counts.failed === 0 && (!ok || counts.passed === 0);
    return silent ? { ...counts, failed: 1 } : counts;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/**
 * Shows the output as it comes, and returns it.
 * @param {string[]} command @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
function run([program = '', ...args], env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const [stream, sink] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      stream.on('data', (data) => {
        sink.write(data);
        output += data;
      });
    }
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}
