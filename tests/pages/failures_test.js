// report.html of a run with unexpected outcomes, anomalies, a tunnel and a spike: bands, expected x observed, the way from an anomaly to
// its requests, and the commands to copy.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { assertAccessible, assertNoSideways, assertQuiet, change, narrow, open, screenshot, wide } from './browser.js';
import { overTime, overTimeChart, readChart } from './charts.js';
import { assertShowsDuration, assertShowsNumber } from './figures.js';
import { program, readJson, readLines, rehearsed } from './program.js';
import { readTable } from './tables.js';

let folder, page, requests, summary;
before(async () => {
  folder = await rehearsed('failures', { codes: [99] });
  summary = readJson(folder, 'summary.json');
  requests = readLines(folder, 'requests.jsonl');
  page = await open(join(folder, 'report.html'), { colorScheme: 'dark' }); // one for all tests
});

/// Rows of the request table, all of them.
async function shownRows() {
  const more = page.locator('#requests-more');
  if (await more.isVisible()) await more.click();
  return page
    .locator('#requests tr[data-arrival]')
    .evaluateAll((rows) => rows.map((row) => ({ arrival: Number(row.dataset.arrival), text: row.innerText })));
}

test('the verdict, its reasons and the missed budgets are on top', async () => {
  const top = await page.locator('#verdict').evaluate((part) => part.textContent);
  assert.match(top, /fail/i);
  for (const reason of summary.verdict_reasons) assert.ok(top.includes(reason), `expected "${reason}" in "${top}"`);
  for (const { expression, verdict } of summary.budgets) {
    const row = await page.locator('#budgets tbody tr', { hasText: expression }).innerText();
    assert.match(row, { pass: /held/, fail: /missed/ }[verdict], row);
  }
  assertQuiet(page);
});

test('phases, spike and condition are labelled bands of the charts over time', async () => {
  const charts = await Promise.all(overTime.map((name) => readChart(page, overTimeChart(name))));
  const all = charts.map(({ texts }) => texts).join(' ');
  for (const band of ['warm-up', 'steady', 'spike', 'tunnel'])
    assert.ok(all.includes(band), `no band "${band}" in ${all}`);
});

test('expected x observed is that of summary.json', async () => {
  const rows = await readTable(page, '#outcomes');
  assert.equal(rows.length, summary.outcome_matrix.length, rows.map(({ text }) => text).join('\n'));
  for (const { segment, service, expected_outcomes: expected, outcome, count, unexpected } of summary.outcome_matrix) {
    const row = rows.find(
      (cells) =>
        cells.segment === segment &&
        cells.service === service &&
        cells.expected === expected.join(' or ') &&
        cells.observed.replace(/\s*unexpected$/, '') === outcome,
    );
    const what = `${segment}, ${service}, expected ${expected}, observed ${outcome}`;
    assert.ok(row, `no row of ${what} among:\n${rows.map(({ text }) => text).join('\n')}`);
    assert.equal(row.requests, String(count), what);
    assert.equal(/unexpected/.test(row.observed), unexpected, what);
  }
});

test('an unexpected outcome leads to its requests', async () => {
  const { segment, service, outcome, count } = summary.outcome_matrix.find(({ unexpected }) => unexpected);
  const row = page
    .locator('#outcomes tbody tr', { hasText: segment })
    .filter({ hasText: service })
    .filter({ hasText: outcome });
  await row.locator('a, button').first().click();
  const rows = await shownRows();
  assert.equal(rows.length, count);
  for (const { text } of rows)
    for (const part of [segment, service, outcome]) assert.ok(text.includes(part), `expected "${part}" in "${text}"`);
  await page.locator('#requests .chips button').click(); // clears the filter
});

test('an anomaly leads to its requests', async () => {
  for (const [kind, count] of Object.entries(summary.anomalies).filter(([, number]) => number > 0)) {
    const row = page.locator(`#anomalies tr[data-anomaly="${kind}"]`);
    assertShowsNumber(await row.innerText(), count, kind);
    await row.locator('a, button').first().click();
    const wanted = requests
      .filter(({ anomalies }) => anomalies.includes(kind))
      .map(({ arrival }) => arrival)
      .sort((a, b) => a - b);
    const rows = await shownRows();
    assert.deepEqual(
      rows.map(({ arrival }) => arrival).sort((a, b) => a - b),
      wanted,
      `requests with ${kind}`,
    );
    await page.locator('#requests .chips button').click(); // clears the filter
  }
  assertQuiet(page);
});

test('the kinds of requests are those of the folder', async () => {
  const select = async (kind) => {
    await page.selectOption('#request-kind', kind);
    return (await shownRows()).map(({ arrival }) => arrival).sort((a, b) => a - b);
  };
  const arrivals = (wanted) =>
    requests
      .filter(wanted)
      .map(({ arrival }) => arrival)
      .sort((a, b) => a - b);
  assert.deepEqual(
    await select('unexpected'),
    arrivals(({ unexpected }) => unexpected),
  );
  const anomalous = await select('anomalous');
  const later = new Set(readLines(folder, 'anomalies.jsonl').map(({ request_id: id }) => id)); // those that came after the record, too
  for (const { arrival, anomalies, request_id: id } of requests) {
    if (anomalies.length > 0)
      assert.ok(anomalous.includes(arrival), `arrival ${arrival} with ${anomalies} is not shown`);
    else assert.ok(!anomalous.includes(arrival) || later.has(id), `arrival ${arrival} is shown, and has no anomaly`);
  }
  const slowest = await select('slowest');
  assert.equal(slowest.length, 200);
  const latency = ({ observed_at_ms: end, due_at_ms: due }) => (end === null ? -1 : end - due);
  const maximum = requests.reduce((most, request) => (latency(request) > latency(most) ? request : most));
  assert.ok(slowest.includes(maximum.arrival), `the slowest, arrival ${maximum.arrival}, is not among them`);
});

test('recovery times are those of summary.json', async () => {
  for (const { condition, recovery_ms: recovery, affected_vehicles: vehicles } of summary.recoveries) {
    const row = await page.locator('#recoveries tbody tr', { hasText: condition }).innerText();
    if (recovery !== null) assertShowsDuration(row, recovery, `recovery after ${condition}`);
    assertShowsNumber(row, vehicles, `vehicles of ${condition}`);
  }
});

test('an opened request has its timeline, the events of its session, and commands that answer', async () => {
  const record = requests.find(({ anomalies, unexpected }) => unexpected && anomalies.includes('command_late'));
  await page.fill('#request-filter', record.request_id);
  await page.locator(`#requests tr[data-arrival="${record.arrival}"]`).click();
  const shown = await page.locator('#request').innerText();
  for (const { head, payload } of record.messages) {
    assert.ok(shown.includes(head), `expected "${head}" in "${shown}"`);
    assert.ok(shown.includes(payload.slice(0, 60)), `expected "${payload}" in "${shown}"`);
  }
  for (const part of ['command_late', 'tunnel begins', 'tunnel ends', ...record.expected_outcomes, record.outcome])
    assert.ok(shown.includes(part), `expected "${part}" in "${shown}"`);
  for (const instant of ['due', 'sent', 'accepted', 'delivered'])
    assert.ok(shown.includes(instant), `expected "${instant}" in "${shown}"`);

  const commands = (await page.locator('#request code').allInnerTexts()).filter((line) => line.startsWith('loadsim '));
  for (const name of ['explain', 'replay']) {
    const command = commands.find((line) => line.startsWith(`loadsim ${name} `));
    assert.ok(command, `no command with ${name}: ${commands}`);
    assert.ok(command.includes(`--request ${record.request_id}`), command);
  }
  const explain = commands.find((line) => line.startsWith('loadsim explain '));
  const answer = execFileSync('/bin/sh', ['-c', `loadsim() { "$PROGRAM" "$@"; }; ${explain}`], {
    cwd: dirname(folder),
    env: { ...process.env, PROGRAM: program },
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.ok(answer.includes(record.request_id) && answer.includes('command_late'), `${explain} answered:\n${answer}`);
});

for (const colorScheme of ['dark', 'light'])
  test(`${colorScheme}: accessible, and nothing cut off, with an opened request`, async () => {
    await change(page, { colorScheme, viewport: wide });
    await page.selectOption('#request-kind', 'anomalous');
    await page.locator('#requests tr[data-arrival] button').first().click();
    await assertAccessible(page);
    await screenshot(page, `failures-${colorScheme}-wide`);
    await change(page, { viewport: narrow });
    await assertNoSideways(page);
    await screenshot(page, `failures-${colorScheme}-narrow`);
    assertQuiet(page);
  });
