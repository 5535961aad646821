// The pages of experiments, capacity.html and tune.html, made of the page's files as the build makes them, and of the data that a unit test
// compares with what the program writes (experiments/).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import {
  assertAccessible,
  assertNoSideways,
  assertQuiet,
  change,
  narrow,
  open,
  screenshot,
  settled,
  visit,
  wide,
} from './browser.js';
import { readJson, root, temporaryFolder } from './program.js';

const folder = temporaryFolder();
const read = (...path) => readFileSync(join(...path), 'utf8');
const capacity = readJson(root, 'tests/pages/experiments/capacity.json');
const tune = readJson(root, 'tests/pages/experiments/tune.json');

/// The page with these data, as a file.
function pageOf(data, name) {
  const build = read(root, 'src/report/CMakeLists.txt');
  const scripts = /set\(page_scripts ([^)]*)\)/.exec(build)[1].trim().split(/\s+/);
  const dygraphs = ['/usr/share/javascript/dygraphs/dist', '/usr/share/javascript/dygraphs'].find((place) =>
    existsSync(join(place, 'dygraph.min.js')),
  );
  const files = (names) => names.map((file) => read(file)).join('');
  const script = files([
    join(dygraphs, 'dygraph.min.js'),
    ...scripts.map((file) => join(root, 'data/page', file)),
  ]);
  const parts = {
    content_security_policy: `default-src 'none'; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; style-src 'unsafe-inline'; img-src data:`,
    style: files([join(dygraphs, 'dygraph.min.css'), join(root, 'data/page/page.css')]),
    data: JSON.stringify(data).replaceAll('<', '\\u003c'),
    scripts: script,
  };
  const file = join(folder, name);
  writeFileSync(
    file,
    read(root, 'data/page/experiment.html').replace(/{{(\w+)}}/g, (_, part) => parts[part]),
  );
  return file;
}

let page;
before(async () => {
  page = await open(pageOf(capacity, 'capacity.html'));
});

const text = (selector) => page.locator(selector).innerText();
const canvasTexts = () =>
  page.evaluate(() => [...document.querySelectorAll('#chart canvas')].flatMap((canvas) => canvas.texts ?? []));

test('the capacity with its interval, budget and knee', async () => {
  await visit(page, pageOf(capacity, 'capacity.html'));
  assertQuiet(page);
  const result = await text('#verdict');
  for (const part of ['400/s', capacity.sentence, '400/s to 800/s', 'e2e.p99 < 200ms', 'knee', 'p99'])
    assert.ok(result.includes(part), `expected "${part}" in "${result}"`);
  assert.equal(await page.locator('[data-figure=knee]').getAttribute('data-value'), String(capacity.knee.load));
  assert.equal(await page.locator('#warnings').isVisible(), false);
});

test('the curve has limits, knee and broken steps', async () => {
  const legend = await text('#chart .legend');
  for (const part of ['p50', 'p99', 'p99.9', 'e2e.p99 < 200ms']) assert.ok(legend.includes(part), legend);
  const texts = await canvasTexts();
  assert.ok(texts.includes('knee') && texts.includes('broken'), `on the canvas: ${texts}`);
  const description = await page.locator('#chart .plot').getAttribute('aria-label');
  assert.match(description, /100\/s: p99 [\d.]+ ms, holds; .*1,600\/s: p99 [\d.]+ s, broken/);
  await page.locator('#chart .plot').focus();
  await page.keyboard.press('Home');
  assert.equal(await text('#chart .readout'), '100/s');
});

test('each step has its hops and its row', async () => {
  const bars = page.locator('#hops tbody tr');
  assert.equal(await bars.count(), capacity.steps.length);
  assert.equal(await bars.first().locator('.stack .hop').count(), 3);
  const rows = page.locator('#table tbody tr');
  assert.equal(await rows.count(), capacity.steps.length);
  assert.match(await rows.nth(2).innerText(), /400\/s.*holds.*as observed/s);
  assert.match(await rows.nth(3).innerText(), /800\/s.*broken.*<by far>/s);
  assert.match(await text('#notes'), /recovery\.time < 30s/);
});

test('a search without a number, without steps, and of connects', async () => {
  const none = { ...capacity, capacity: null, lowest_broken_load: null, knee: null, curve: null, steps: [], exit_code: 4 };
  await visit(page, pageOf(none, 'none.html'));
  assertQuiet(page);
  assert.match(await text('#verdict'), /no number/i);
  assert.equal(await page.locator('#chart').isVisible(), false);
  const steps = capacity.steps.map((step) => ({
    ...step,
    latency: {
      'sessions.connect': step.latency.e2e,
      'sessions.tcp': step.latency.dispatch,
      'sessions.connack': step.latency.notify,
    },
  }));
  const connects = { ...capacity, metric: 'connectRate', unit: 'connects/s', curve: 'sessions.connect', steps, is_floor: true, lowest_broken_load: null };
  await visit(page, pageOf(connects, 'connects.html'));
  assertQuiet(page);
  assert.match(await text('#verdict'), /≥ 400 connects\/s/);
  assert.deepEqual(
    (await page.locator('#hops thead th.number').allInnerTexts()).map((name) => name.trim()),
    ['tcp', 'connack', 'connect'],
  );
});

test('variants with their figures and what is recommended', async () => {
  await visit(page, pageOf(tune, 'tune.html'));
  assertQuiet(page);
  assert.match(await text('#verdict'), /2 of 3/);
  for (const [name, { variant, reason }] of Object.entries(tune.recommended)) {
    assert.equal(await page.locator(`[data-figure=${name}]`).getAttribute('data-value'), variant);
    assert.ok((await text('#verdict')).includes(reason), `no reason of ${name}`);
  }
  const rows = page.locator('#table tbody tr');
  assert.equal(await rows.count(), 3);
  assert.match(await rows.nth(0).innerText(), /small.*missed: unexpected == 0/s);
  assert.match(await rows.nth(2).innerText(), /large <b>.*fastest/s);
  assert.deepEqual(
    await rows.nth(2).locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
    ['large-1/report.html', 'large%202/report.html'],
  );
  const figures = await page.locator('#chart figure').evaluateAll((all) => all.map((one) => one.dataset.chart));
  assert.deepEqual(figures, ['e2e p99', 'e2e p50', 'throughput', 'errors', 'cost (EUR/month)']);
});

test('both in the dark, on a small screen, and with a screen reader', async () => {
  for (const [data, name] of [
    [capacity, 'capacity'],
    [tune, 'tune'],
  ]) {
    await visit(page, pageOf(data, `${name}.html`));
    await settled(page);
    await screenshot(page, `experiment-${name}`);
    await assertAccessible(page);
    await change(page, { colorScheme: 'dark', viewport: narrow });
    await assertAccessible(page);
    await assertNoSideways(page);
    await screenshot(page, `experiment-${name}-dark-narrow`);
    await change(page, { colorScheme: 'light', viewport: wide });
    assertQuiet(page);
  }
});
