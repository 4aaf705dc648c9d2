/**
 * Makes a fresh Debian machine ready: system packages, npm packages, the bundle, the service's user, and for tests
 * the images.
 *
 * It runs before there is anything but Node, so it is JavaScript and imports nothing else. Each step first looks
 * whether it is done already; the second run takes a fraction of a second.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const LEAST_NODE = { major: 20, minor: 19 };
const PACKAGES = ['python3', 'mmdebstrap', 'python3-seccomp'];
const TEST_PACKAGES = ['chromium'];
/** What the tests need: every environment that is shipped, and none of an operator's own. */
const BUILD_SHIPPED = ['-m', 'sandbox', 'build', '--environments-folder', '/nonexistent'];
/** Debian's own: another Python on the path would not find Debian's libseccomp. */
export const PYTHON = '/usr/bin/python3';
/** The user that the console server runs as. */
export const SERVICE_USER = 'try-console';

/** A step could not be done. The message says what happened and what to do. */
class SetupError extends Error {}

/**
 * Does what is not done yet, with progress on standard output.
 * @param {{ forTests: boolean }} options forTests: the browser and all images too
 * @returns {Promise<boolean>} false where it could not be done: standard error then says what to do, and the exit
 *   code is set
 */
export async function setUp({ forTests }) {
  try {
    requireMachine();
    await step('system packages', missingPackages(forTests), installPackages);
    await step('this host', hostProblems(), (problems) => {
      throw new SetupError(`it cannot run sandboxes:\n${problems.join('\n')}`);
    });
    await step('service user', isUserThere() ? [] : [SERVICE_USER], addUser);
    await step(
      'npm packages',
      changed('package-lock.json', 'node_modules/.installed'),
      installModules,
    );
    await step('bundle', changed('.', 'dist/.built'), buildBundle);
    // It looks for itself whether there is anything to do, and shows its own progress. A start builds what it serves.
    if (forTests) await run(PYTHON, BUILD_SHIPPED, { show: true, remedy: 'see the message above' });
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`try-console: ${error.message}`);
    process.exitCode = 1;
    return false;
  }
}

function requireMachine() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < LEAST_NODE.major || (major === LEAST_NODE.major && minor < LEAST_NODE.minor)) {
    throw new SetupError(
      `Node ${process.versions.node} is too old; install Node ${LEAST_NODE.major}.${LEAST_NODE.minor} or later.`,
    );
  }
  if (process.platform !== 'linux' || !existsSync('/etc/debian_version')) {
    throw new SetupError('this is not Debian; run it on Debian 12 or later.');
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      'not root: the sandbox needs control groups and mounts; run it as root, for example with sudo.',
    );
  }
}

/**
 * @param {string} name
 * @param {string[]} wanting what the step has to do; nothing, and it is not run
 * @param {(wanting: string[]) => unknown} work
 */
async function step(name, wanting, work) {
  if (wanting.length === 0) return;
  const start = Date.now();
  console.log(`${name}: ${wanting.join(', ')}`);
  const ticking = setInterval(() => console.log(`  … ${seconds(start)}`), 5000);
  try {
    await work(wanting);
  } finally {
    clearInterval(ticking);
  }
  console.log(`  done in ${seconds(start)}`);
}

/** @param {number} start ms since the epoch */
function seconds(start) {
  return `${((Date.now() - start) / 1000).toFixed(0)} s`;
}

/** @param {boolean} forTests */
function missingPackages(forTests) {
  const wanted = forTests ? [...PACKAGES, ...TEST_PACKAGES] : PACKAGES;
  const format = '${Package} ${db:Status-Status}\n';
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', format, ...wanted], { encoding: 'utf8' });
  return wanted.filter((name) => !stdout.split('\n').includes(`${name} installed`));
}

/** @param {string[]} names */
async function installPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const remedy = `check the network and /etc/apt, then try: apt-get install ${names.join(' ')}`;
  await run('apt-get', ['update', '-qq'], { env, remedy });
  await run('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...names], {
    env,
    remedy,
  });
}

function hostProblems() {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-m', 'sandbox', 'check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const problems = stdout.split('\n').filter((line) => line.startsWith('- '));
  // A check that breaks down has found nothing, and is a problem itself.
  return status === 0 || problems.length > 0 ? problems : [`- the check failed: ${stderr}`];
}

function addUser() {
  return run('useradd', [
    '--system',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    SERVICE_USER,
  ]);
}

function isUserThere() {
  return spawnSync('id', ['-u', SERVICE_USER]).status === 0;
}

async function installModules() {
  const done = fingerprint('package-lock.json');
  await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    remedy: 'check the network, then try: npm ci',
  });
  markDone('node_modules/.installed', done);
}

async function buildBundle() {
  // Before the build: what is saved while it runs is not in it.
  const done = fingerprint('.');
  await run('npm', ['run', '--silent', 'build'], { remedy: 'see the messages above' });
  markDone('dist/.built', done);
}

/**
 * Whether a stamp holds another fingerprint than the sources have.
 * @param {string} source a file, or "." for all that goes into the bundle
 * @param {string} stamp
 */
function changed(source, stamp) {
  const path = join(ROOT, stamp);
  const done = existsSync(path) && readFileSync(path, 'utf8') === fingerprint(source);
  return done ? [] : [`${source === '.' ? 'sources' : source} changed since the last time`];
}

/** @param {string} stamp @param {string} done */
function markDone(stamp, done) {
  mkdirSync(dirname(join(ROOT, stamp)), { recursive: true });
  writeFileSync(join(ROOT, stamp), done);
}

/** @param {string} source */
function fingerprint(source) {
  const hash = createHash('sha256');
  const files =
    source === '.'
      ? ['package-lock.json', ...['server', 'embed', 'public'].flatMap(filesBelow)]
      : [source];
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
}

/** @param {string} folder */
function filesBelow(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

/**
 * Runs a command to its end. Its output is shown as it comes, or only where it failed.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, remedy?: string, show?: boolean }} [options]
 * @returns {Promise<void>} rejects with a SetupError
 */
function run(command, args, { env = process.env, remedy = '', show = false } = {}) {
  return new Promise((resolve, reject) => {
    const output = show ? 'inherit' : 'pipe';
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', output, output] });
    let said = '';
    const keep = (/** @type {Buffer} */ data) => {
      said = (said + data).slice(-4000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => reject(new SetupError(`${command}: ${error.message}. ${remedy}`)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const what = `${command} ${args.slice(0, 2).join(' ')} failed with exit code ${code}`;
      reject(new SetupError(`${said}\n${what}; ${remedy}`));
    });
  });
}
