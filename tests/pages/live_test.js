// The live page of a run on the embedded platform: figures move, a reload has the history, only the page may stop the run, and at its
// end the page says what summary.json says.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { request } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertAccessible, assertNoSideways, assertQuiet, change, narrow, open, screenshot } from './browser.js';
import { assertDrawn, clockSeconds, overTimeChart, readChart } from './charts.js';
import { assertShowsDuration, assertShowsNumber } from './figures.js';
import { loadsim, readJson, root, scenarios, start, temporaryFolder, until } from './program.js';

const scenario = join(scenarios, 'live.yaml');

/// Starts a command with a live page on a free port, and waits for its address. `url`: as printed, with the token.
async function startWithPage(args, ui = ['--ui', '127.0.0.1:0']) {
  const run = start([...args, ...ui]);
  run.ended.then((code) => (run.code = code));
  const found = await until(
    () => /https?:\/\/[\d.]+:\d+\/\?token=\w+/.exec(run.out + run.err) ?? (run.code !== undefined && ['']),
    () => `address of the page: ${run.err}`,
    30,
  );
  assert.notEqual(found[0], '', `the run ended with ${run.code} before it had a page:\n${run.out}${run.err}`);
  return { run, url: found[0], origin: new URL(found[0]).origin };
}

const history = (page) => page.evaluate(async () => (await fetch(`history${location.search}`)).json());
const sent = (page) => page.locator('[data-figure="due"]').first().getAttribute('data-value').then(Number);

async function assertMoves(page, what) {
  const before = await sent(page);
  await until(
    async () => (await sent(page)) > before,
    async () => `${what}: requests stay at ${await sent(page)}`,
  );
}

test('a run is watched by two browsers, and stopped by one', async () => {
  const folder = join(temporaryFolder(), 'run');
  const { run, url, origin } = await startWithPage(['run', scenario, '--report', folder]);

  // A client that connects and never reads does not hold the run up.
  const deaf = connect(Number(new URL(url).port), '127.0.0.1');
  deaf.on('error', () => {});
  deaf.write(`GET /events${new URL(url).search} HTTP/1.1\r\nHost: 127.0.0.1:${new URL(url).port}\r\n\r\n`);
  deaf.pause();

  const [first, dark] = [await open(url), await open(url, { colorScheme: 'dark' })];
  for (const page of [first, dark]) await assertMoves(page, page === first ? 'the first browser' : 'the second browser');

  // Fleet by state, progress, the condition that acts now, newest unexpected requests.
  await until(
    async () => (await first.locator('#live').innerText()).includes('tunnel'),
    async () => `the tunnel in "${await first.locator('#live').innerText()}"`,
  );
  const live = await first.locator('#live').innerText();
  for (const part of ['online', 'steady']) assert.ok(live.includes(part), `expected "${part}" in "${live}"`);
  const door = await until(
    async () => {
      const row = first.locator('tr[data-arrival]', { hasText: 'failed' }).first();
      return (await row.count()) > 0 && row;
    },
    'an unexpected request in the table',
  );
  assert.ok(await door.isVisible());

  // A reload has the rows of before.
  const before = (await history(first)).runs[0].timeline.end_s;
  assert.ok(before.length > 3, `rows: ${before}`);
  await first.reload();
  await first.waitForFunction(() => document.documentElement.dataset.drawn);
  const after = (await history(first)).runs[0].timeline.end_s;
  assert.deepEqual(after.slice(0, before.length - 1), before.slice(0, -1), 'rows of the history');
  const { below } = await assertDrawn(first, overTimeChart('rate'));
  assert.ok(clockSeconds(below[0]) <= after.at(-1) / 2, `times begin at ${below[0]}, the rows end at ${after.at(-1)}`);
  await assertMoves(first, 'after the reload');
  // Events are asked for from the history's last row on: however long it took to read, none is missed.
  const events = first.requests.filter((url) => new URL(url).pathname === '/events');
  for (const url of events) assert.match(new URL(url).searchParams.get('after'), /^\d+$/, url);
  assert.equal(new URL(events[0]).searchParams.get('token'), new URL(url).searchParams.get('token'));

  await assertAccessible(dark);
  await screenshot(dark, 'live-dark-wide');
  await change(dark, { colorScheme: 'light', viewport: narrow });
  await assertNoSideways(dark);
  await screenshot(dark, 'live-light-narrow');

  // A browser that goes away; requests to stop of others.
  assertQuiet(dark, origin);
  await dark.context().close();
  const token = new URL(url).searchParams.get('token');
  assert.ok(token?.length >= 16, url);
  for (const headers of [
    {},
    { 'X-Loadsim-Token': '' },
    { 'X-Loadsim-Token': `${token.slice(0, -1)}x` },
    { 'X-Loadsim-Token': token, Origin: 'https://elsewhere.example' },
    { 'X-Loadsim-Token': token, Origin: 'null' },
  ]) {
    const answer = await fetch(`${origin}/stop`, { method: 'POST', headers });
    assert.equal(answer.status, 403, `a stop with ${JSON.stringify(headers)}`);
  }
  assert.ok([403, 404, 405].includes((await fetch(`${origin}/stop`)).status), 'a stop by GET');
  assert.equal(run.code, undefined, 'one of them stopped the run');
  await assertMoves(first, 'after a browser went away');

  // The page's button asks first; then the run drains as after Ctrl-C.
  await first.locator('button#stop').click();
  assert.equal(run.code, undefined, 'the first click stopped the run');
  await first.locator('button#stop-confirm').click();
  const [code] = await until(
    () => run.code !== undefined && [run.code],
    () => `the end of the run: ${run.err.slice(-500)}`,
    30,
  );
  deaf.destroy();
  assert.equal(code, 130, run.err);
  const summary = readJson(folder, 'summary.json');
  assert.equal(summary.end_reason, 'interrupted');

  // The end: the figures of summary.json, without a request to the server that has ended.
  await first.waitForFunction(
    (verdict) => document.querySelector('[data-verdict]')?.dataset.verdict === verdict,
    summary.verdict,
  );
  await assertEqualsSummary(first, summary);
  assertQuiet(first, origin);
  await screenshot(first, 'live-finished');
  await assertAccessible(first);

  const report = await open(join(folder, 'report.html'));
  await assertEqualsSummary(report, summary);
  assertQuiet(report);
});

async function assertEqualsSummary(page, summary) {
  assert.equal(await sent(page), summary.requests.due);
  const verdict = await page.locator('#verdict').evaluate((part) => part.textContent);
  for (const part of [summary.verdict, ...summary.verdict_reasons])
    assert.ok(verdict.includes(part), `expected "${part}" in "${verdict}"`);
  assertShowsNumber(
    await page.locator('[data-figure="unexpected"]').first().innerText(),
    summary.requests.unexpected,
    'unexpected',
  );
  const row = await page.locator('#latency-table tr[data-hop="e2e"]').innerText();
  assertShowsDuration(row, summary.latency.e2e.p50_ms, 'e2e p50');
  assertShowsNumber(row, summary.latency.e2e.samples, 'e2e samples');
  for (const budget of summary.budgets)
    assert.ok((await page.locator('#budgets').innerText()).includes(budget.expression), budget.expression);
}

test('a rehearsal is watched, faster than time', async () => {
  const folder = join(temporaryFolder(), 'run');
  const { run, url, origin } = await startWithPage([
    'rehearse',
    join(root, 'scenarios/quickstart.yaml'),
    '--report',
    folder,
    '--set',
    'load.phases=[{name: steady, duration: 30m, arrivalRate: 15}]',
    '--set',
    'record=unexpected',
  ]);
  const page = await open(url);
  const [code] = await until(
    () => run.code !== undefined && [run.code],
    () => `the end of the rehearsal: ${run.err.slice(-500)}`,
    90,
  );
  const summary = readJson(folder, 'summary.json');
  assert.equal(code, summary.exit_code, run.err);
  await page.waitForFunction(
    (verdict) => document.querySelector('[data-verdict]')?.dataset.verdict === verdict,
    summary.verdict,
  );
  await assertEqualsSummary(page, summary);
  const { below } = await readChart(page, overTimeChart('rate'));
  assert.ok(clockSeconds(below.at(-1)) > 900, `times end at ${below.at(-1)}`);
  assertQuiet(page, origin);
});

test('a page that is loading at the end of the run reads how it ended', async () => {
  const folder = join(temporaryFolder(), 'run');
  const { run, url } = await startWithPage(['rehearse', join(root, 'scenarios/quickstart.yaml'), '--report', folder]);
  const page = await fetch(url);
  assert.equal(page.status, 200);
  await page.text();
  await until(
    () => existsSync(join(folder, 'summary.json')),
    () => `summary.json: ${run.err}`,
    60,
  );
  await new Promise((done) => setTimeout(done, 1500)); // the second of pending responses is over
  const history = await (await fetch(url.replace('/?', '/history?'))).json();
  assert.equal(history.runs[0].summary.verdict, readJson(folder, 'summary.json').verdict);
  await until(
    () => run.code !== undefined,
    () => `the end of the rehearsal: ${run.err}`,
    5, // before a page that never loads is given up
  );
});

test('an address that others reach has TLS, and shows nothing without the token', async () => {
  const place = temporaryFolder();
  const certificates = join(place, 'certificates');
  await loadsim(['certificates', 'create', '--out', certificates, '--vehicles', '1']);
  const { run, url } = await startWithPage(
    ['run', scenario, '--report', join(place, 'run')],
    [
      '--ui',
      '0.0.0.0:0',
      '--ui-certificate',
      join(certificates, 'server.pem'),
      '--ui-key',
      join(certificates, 'server.key'),
    ],
  );
  const { port, protocol, search } = new URL(url);
  assert.equal(protocol, 'https:', url);
  const status = (path) =>
    new Promise((done, failed) =>
      request({ host: '127.0.0.1', port, path, rejectUnauthorized: false }, (answer) => {
        answer.resume();
        done(answer.statusCode);
      })
        .on('error', failed)
        .end(),
    );
  for (const path of ['/', '/history', '/events', '/?token=wrong', '/history?token=', `/history${search.slice(0, -1)}`])
    assert.equal(await status(path), 403, path);
  assert.equal(await status(`/${search}`), 200, 'with the token');
  run.child.kill('SIGTERM');
  await until(
    () => run.code !== undefined,
    () => `the end of the run: ${run.err}`,
    30,
  );
});

test('addresses that cannot be, or must not be, are refused before the run', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => taken.once('listening', done));
  const { port } = taken.address();
  try {
    for (const [address, codes, words] of [
      [`127.0.0.1:${port}`, [3], new RegExp(`${port}`)],
      ['192.0.2.1:0', [2, 3], /192\.0\.2\.1/], // of nobody (RFC 5737)
      ['0.0.0.0:0', [2, 3], /TLS|certificate|loopback/i],
      ['127.0.0.1:port', [2], /port/],
    ]) {
      const folder = join(temporaryFolder(), 'run');
      const { out, err } = await loadsim(['run', scenario, '--report', folder, '--ui', address], { codes });
      assert.match(out + err, words, `--ui ${address}: ${out}${err}`);
    }
  } finally {
    taken.close();
  }
});
