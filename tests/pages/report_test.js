// report.html of the quickstart, opened from disk: it needs nothing else, shows what summary.json says, and can be used by mouse,
// keyboard, on paper and on a narrow window.
import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
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
import { assertDrawn, clockSeconds, dragOver, overTime, overTimeChart, plotBox, readChart } from './charts.js';
import { assertShowsDuration, assertShowsNumber } from './figures.js';
import { output, readJson, readLines, rehearsed, root } from './program.js';

let folder, html, page, summary, timeline;
before(async () => {
  folder = await rehearsed(join(root, 'scenarios/quickstart.yaml'));
  html = join(folder, 'report.html');
  summary = readJson(folder, 'summary.json');
  timeline = readLines(folder, 'timeline.jsonl').filter(({ stage }) => stage !== 'connecting');
  page = await open(html); // one for all tests: each leaves it as it was
});

const text = (selector) => page.locator(selector).innerText();

test('one file that asks for nothing else, small and soon drawn', async (t) => {
  assertQuiet(page);
  assert.deepEqual(page.requests.filter((url) => !url.startsWith('data:')).length, 1, `requests: ${page.requests}`);
  let drawn = Infinity;
  for (let i = 0; i < 3 && !(drawn < 5000); ++i) {
    // a second on a quiet machine; a busy one has further tries
    if (i > 0) await visit(page, html);
    drawn = Math.min(drawn, Number(await page.evaluate(() => document.documentElement.dataset.drawn)));
  }
  t.diagnostic(`drawn in ${drawn.toFixed(0)} ms, ${(statSync(html).size / 1000).toFixed(0)} kB`);
  assert.ok(drawn > 0 && drawn < 5000, `drawn after ${drawn} ms`);
  assert.ok(statSync(html).size < 2_000_000, `${statSync(html).size} bytes`);
});

test('verdict and budgets are those of summary.json', async () => {
  const verdict = await text('#verdict');
  assert.match(verdict, new RegExp(`\\b${summary.verdict}`, 'i'));
  for (const part of [...summary.verdict_reasons, summary.scenario, summary.started_at.slice(0, 10)])
    assert.ok(verdict.includes(part), `expected "${part}" in "${verdict}"`);
  const rows = await page.locator('#budgets tbody tr').allInnerTexts();
  assert.equal(rows.length, summary.budgets.length, `budgets: ${rows}`);
  for (const budget of summary.budgets) {
    const row = rows.find((line) => line.includes(budget.expression));
    assert.ok(row, `no row of ${budget.expression}: ${rows}`);
    assert.match(row, { pass: /held/, fail: /missed/ }[budget.verdict] ?? new RegExp(budget.verdict));
    const assertShows = budget.unit === 'ms' ? assertShowsDuration : assertShowsNumber;
    assertShows(row.replace(budget.expression, ''), budget.observed_value, budget.expression);
  }
});

test('hops are those of summary.json', async () => {
  const rows = await page.locator('#latency-table tbody tr').allInnerTexts();
  for (const [hop, latency] of Object.entries(summary.latency).filter(([, { samples }]) => samples > 0)) {
    const row = rows.find((line) => line.trim().split(/\s/)[0] === hop);
    assert.ok(row, `no row of ${hop}: ${rows}`);
    for (const percentile of ['p50_ms', 'p90_ms', 'p99_ms', 'max_ms'])
      if (latency[percentile] !== null) assertShowsDuration(row, latency[percentile], `${hop} ${percentile}`);
    assertShowsNumber(row, latency.samples, `samples of ${hop}`);
  }
  const bars = await text('#hops');
  for (const percentile of ['p50', 'p90', 'p99']) {
    assert.ok(bars.includes(percentile), `no bar of ${percentile}: ${bars}`);
    assertShowsDuration(bars, summary.latency.e2e[`${percentile}_ms`], `e2e ${percentile} beside the bars`);
  }
});

test('each chart is drawn, with the right axes', async () => {
  const highest = (column) => Math.max(...timeline.map(column).filter((value) => value !== null));
  const largest = {
    rate: highest((row) => row.target_rate_per_s),
    'in-flight': highest((row) => row.requests.in_flight),
    sessions: highest((row) => row.sessions.online),
  };
  const start = timeline[0].elapsed_ms - timeline[0].load_elapsed_ms;
  const end = (timeline.at(-1).elapsed_ms - start) / 1000;
  for (const name of overTime) {
    const { below, beside } = await assertDrawn(page, overTimeChart(name));
    const times = below.map(clockSeconds);
    assert.ok(times.length >= 3 && times.every(Number.isFinite), `${name}: times below the chart: ${below}`);
    assert.deepEqual(
      [...times].sort((a, b) => a - b),
      times,
      `${name}: times from left to right`,
    );
    assert.ok(
      times.at(-1) <= end && times.at(-1) > end / 2,
      `${name}: the rows end at ${end} s, the last time is ${below.at(-1)}`,
    );
    const top = Math.max(...beside.map(shortNumber));
    assert.ok(top > 0, `${name}: labels beside the chart: ${beside}`);
    if (name in largest)
      assert.ok(
        top >= largest[name] * 0.5 && top <= largest[name] * 2.5,
        `${name}: at most ${largest[name]}, the axis ends at ${top}`,
      );
  }
  const latency = await readChart(page, overTimeChart('latency'));
  assert.ok(
    latency.beside.every((label) => /\d (µs|ms|s)$/.test(label)),
    `latencies have a unit: ${latency.beside}`,
  );
  for (const part of ['#heat-map', '#percentiles', '#histogram']) await assertDrawn(page, part);
  const curve = await readChart(page, '#percentiles');
  assert.ok(
    curve.below.some((label) => /99/.test(label)),
    `percentiles below the curve: ${curve.below}`,
  );
});

/// Number of an axis: "200", "12.5k", "500 ms".
const shortNumber = (label) =>
  parseFloat(label.replace(/,/g, '')) * (/\dk/.test(label) ? 1e3 : /\dM/.test(label) ? 1e6 : 1);

test('a drag over one chart zooms all, a double click shows all again', async () => {
  const times = async () =>
    Object.fromEntries(
      await Promise.all(overTime.map(async (name) => [name, (await readChart(page, overTimeChart(name))).below])),
    );
  const range = (labels) => clockSeconds(labels.at(-1)) - clockSeconds(labels[0]);
  const all = await times();
  await dragOver(page, overTimeChart('latency'), 0.4, 0.6);
  await settled(page);
  const zoomed = await times();
  for (const name of overTime) {
    assert.ok(
      range(zoomed[name]) < range(all[name]) * 0.4,
      `${name}: a fifth of ${all[name]} is expected, seen ${zoomed[name]}`,
    );
    const apart = Math.abs(clockSeconds(zoomed[name][0]) - clockSeconds(zoomed.latency[0])); // ticks may differ with the width
    assert.ok(
      apart <= range(all[name]) * 0.1,
      `one range for all charts: ${name} has ${zoomed[name]}, latency ${zoomed.latency}`,
    );
  }
  const box = await plotBox(page, overTimeChart('latency'));
  await page.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
  await settled(page);
  assert.deepEqual(await times(), all);
});

test('one cursor for all charts over time', async () => {
  const box = await plotBox(page, overTimeChart('rate'));
  const pictures = async () =>
    Object.fromEntries(
      await Promise.all(overTime.map(async (name) => [name, await readChart(page, overTimeChart(name))])),
    );
  await page.mouse.move(0, 0);
  await settled(page);
  const before = await pictures();
  await page.mouse.move(box.x + box.width * 0.55, box.y + box.height * 0.4, { steps: 3 });
  await settled(page);
  const after = await pictures();
  for (const name of overTime) assert.notDeepEqual(after[name], before[name], `${name} shows no cursor`);
});

test('the filter leaves what has its text, the kind what is of it', async () => {
  const rows = page.locator('#requests tr[data-arrival]');
  const shows = (count) =>
    page.waitForFunction((wanted) => document.querySelectorAll('#requests tr[data-arrival]').length === wanted, count);
  const all = await rows.count();
  assert.ok(all > 10, `${all} requests`);
  const vin = await vinOfFourth();
  await page.fill('#request-filter', vin.toLowerCase());
  const found = await rows.allInnerTexts();
  assert.ok(
    found.length > 0 && found.length < all && found.every((row) => row.includes(vin)),
    `rows with ${vin}: ${found}`,
  );
  await page.fill('#request-filter', 'no request has this');
  await shows(0);
  await page.fill('#request-filter', '');
  await shows(all);
  const kinds = await page.locator('#request-kind option').evaluateAll((options) => options.map(({ value }) => value));
  for (const kind of ['slowest', 'unexpected', 'anomalous']) assert.ok(kinds.includes(kind), `kinds: ${kinds}`);
  await page.selectOption('#request-kind', 'unexpected'); // the quickstart has none
  await shows(0);
  await page.selectOption('#request-kind', kinds[0]);
  await shows(all);
});

const vinOfFourth = async () =>
  /[A-HJ-NPR-Z0-9]{17}/.exec(await page.locator('#requests tr[data-arrival]').nth(3).innerText())[0];

test('a request opens, and shows its instants, hops and messages', async () => {
  const arrival = Number(await page.locator('#requests tr[data-arrival]').first().getAttribute('data-arrival'));
  const record = readLines(folder, 'requests.jsonl').find((request) => request.arrival === arrival);
  await page.locator(`#requests tr[data-arrival="${arrival}"]`).click();
  await assertShowsRecord(record);
});

async function assertShowsRecord(record) {
  await page.locator('#request').waitFor({ state: 'visible' });
  const shown = await text('#request');
  for (const part of [
    record.vin,
    record.request_id,
    record.service,
    record.segment,
    record.outcome,
    ...record.messages.map(({ head }) => head),
  ])
    assert.ok(shown.includes(part), `expected "${part}" in "${shown}"`);
  if (record.observed_at_ms !== null)
    assertShowsDuration(shown, record.observed_at_ms - record.due_at_ms, 'e2e of the request');
  for (const command of ['explain', 'replay'])
    assert.match(shown, new RegExp(`loadsim ${command} .*--request ${record.request_id}`), `${command} in ${shown}`);
}

test('keyboard alone: Tab reaches everything and is seen, Enter opens a request', async () => {
  const vin = await vinOfFourth();
  await page.evaluate(() => document.activeElement.blur());
  await tabTo((element) => element.id === 'request-filter');
  await page.keyboard.type(vin);
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('#requests tr[data-arrival]')].every((row) => row.textContent.includes(wanted)),
    vin,
  );
  await tabTo((element) => element.closest('tr[data-arrival]') !== null);
  const arrival = Number(await page.evaluate(() => document.activeElement.closest('tr').dataset.arrival));
  await page.keyboard.press('Enter');
  await assertShowsRecord(readLines(folder, 'requests.jsonl').find((request) => request.arrival === arrival));

  await page.evaluate(() => {
    const wanted =
      'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), summary, [tabindex]:not([tabindex="-1"])';
    window.unreached = new Set(
      [...document.querySelectorAll(wanted)].filter((element) => element.checkVisibility({ checkVisibilityCSS: true })),
    );
    window.unseen = [];
    document.activeElement.blur();
    window.getSelection().removeAllRanges();
  });
  const count = await page.evaluate(() => window.unreached.size);
  for (let i = 0; i < count + 5; ++i) {
    await page.keyboard.press('Tab');
    await page.evaluate(() => {
      const element = document.activeElement;
      window.unreached.delete(element);
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      if (element !== document.body && outlineStyle === 'none' && boxShadow === 'none')
        window.unseen.push(element.outerHTML.slice(0, 120));
    });
  }
  const seen = await page.evaluate(() => ({
    unreached: [...window.unreached].map((element) => element.outerHTML.slice(0, 120)),
    unseen: window.unseen,
  }));
  assert.deepEqual(seen, { unreached: [], unseen: [] }, `${count} elements`);
  await page.fill('#request-filter', '');
});

/// Presses Tab until the element with the focus is one that is wanted.
async function tabTo(wanted) {
  for (let i = 0; i < 300; ++i) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`(${wanted})(document.activeElement)`)) return;
  }
  assert.fail(`300 times Tab does not reach ${wanted}`);
}

test('links lead to the files beside it', async () => {
  const links = await page
    .locator('#files a')
    .evaluateAll((all) => all.map((link) => decodeURIComponent(new URL(link.href).pathname)));
  for (const name of ['summary.json', 'timeline.csv', 'requests.jsonl', 'scenario.yaml'])
    assert.ok(links.includes(join(folder, name)), `${name} is not among ${links}`);
  for (const link of links) assert.ok(statSync(link).isFile(), `${link} is no file`);
});

const brightness = (colour) =>
  /\d+, \d+, \d+/
    .exec(colour)[0]
    .split(', ')
    .map(Number)
    .reduce((a, b) => a + b) / 3;
const background = () =>
  page.evaluate(
    () =>
      [document.body, document.documentElement]
        .map((part) => getComputedStyle(part).backgroundColor)
        .find((colour) => !/, 0\)$/.test(colour)) ?? 'rgb(255, 255, 255)',
  );

for (const [colorScheme, size, viewport] of [
  ['light', 'wide', wide],
  ['dark', 'narrow', narrow],
])
  test(`${colorScheme}, ${size}: right colours, nothing cut off, accessible`, async () => {
    await change(page, { colorScheme, viewport });
    const seen = brightness(await background());
    assert.ok(colorScheme === 'light' ? seen > 200 : seen < 60, `brightness of the background: ${seen} of 255`);
    for (const name of overTime) await assertDrawn(page, overTimeChart(name));
    await page.locator('#requests tr[data-arrival] button').first().click();
    await page.locator('#request').waitFor({ state: 'visible' });
    await settled(page);
    await assertNoSideways(page);
    await assertAccessible(page);
    await screenshot(page, `report-${colorScheme}-${size}`);
  });

test('prints on a few pages', async () => {
  await change(page, { colorScheme: 'dark', viewport: wide });
  const pdf = await page.pdf({ format: 'A4', printBackground: true });
  writeFileSync(join(output, 'report.pdf'), pdf);
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  assert.ok(pages >= 2 && pages <= 30, `${pages} pages`);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const paper = await background();
  assert.ok(brightness(paper) > 200, `paper is white, the page's background ${paper}`);
  assertQuiet(page);
});
