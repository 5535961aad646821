// The program under test, its report folders, and processes that end with their test.
//
// LOADSIM_PROGRAM: path of loadsim (default: build/src/app/loadsim). PAGES_OUTPUT: folder for screenshots (default: build/pages).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');
export const scenarios = join(root, 'tests/pages/scenarios');
export const program = resolve(process.env.LOADSIM_PROGRAM ?? join(root, 'build/src/app/loadsim'));

export const output = resolve(process.env.PAGES_OUTPUT ?? join(root, 'build/pages'));
mkdirSync(output, { recursive: true });

const folders = [];
const running = new Set();
function endAll() {
  for (const child of running) child.kill('SIGKILL');
}
after(endAll); // of a test that failed, too
process.on('exit', () => {
  endAll();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// ctest would end this process alone, after five minutes; this ends those that it started, too.
setTimeout(() => {
  console.error('not done within 4.5 minutes');
  process.exit(1);
}, 270_000).unref();

/// New folder, removed when the tests of this file have ended.
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'loadsim-pages-'));
  folders.push(folder);
  return folder;
}

/// A started loadsim. `out` and `err` grow; `ended` resolves to the exit code, or to the signal's name. Killed after 240 s.
export function start(args, { cwd = temporaryFolder() } = {}) {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, out: '', err: '' };
  running.add(child);
  const limit = setTimeout(() => child.kill('SIGKILL'), 240_000);
  child.stdout.setEncoding('utf8').on('data', (text) => (run.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (run.err += text));
  run.ended = new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      running.delete(child);
      done(code ?? signal);
    });
  });
  return run;
}

/// Runs loadsim to its end. Fails if the exit code is none of `codes`.
export async function loadsim(args, { codes = [0], ...options } = {}) {
  const run = start(args, options);
  const code = await run.ended;
  assert.ok(
    codes.includes(code),
    `loadsim ${args.join(' ')}\nended with ${code} instead of ${codes.join(' or ')}\n${run.out}${run.err}`,
  );
  return run;
}

/// Report folder of a rehearsal of tests/pages/scenarios/NAME.yaml, or of a file by its path.
export async function rehearsed(
  scenario,
  { codes = [0], settings = [], folder = join(temporaryFolder(), 'run') } = {},
) {
  const file = scenario.includes('/') ? scenario : join(scenarios, `${scenario}.yaml`);
  await loadsim(
    ['rehearse', file, '--report', folder, '--quiet', ...settings.flatMap((setting) => ['--set', setting])],
    { codes },
  );
  return folder;
}

export const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));
export const readLines = (...path) =>
  readFileSync(join(...path), 'utf8')
    .split('\n')
    .filter((line) => line)
    .map((line) => JSON.parse(line));

/// Waits until `condition()` is truthy, and returns what it returned; fails with `what` after `seconds`.
export async function until(condition, what, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`not within ${seconds} s: ${typeof what === 'function' ? await what() : what}`);
  }
}
