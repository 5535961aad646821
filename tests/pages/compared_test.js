// Several runs on one page, and a baseline behind a run: second lines in charts and tables.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assertAccessible, assertQuiet, open, screenshot, visit } from './browser.js';
import { assertDrawn, overTimeChart } from './charts.js';
import { assertShowsDuration } from './figures.js';
import { loadsim, readJson, rehearsed, temporaryFolder } from './program.js';

let baseline, both, first, page, second; // one window for all pages
before(async () => {
  const folder = temporaryFolder();
  first = await rehearsed('failures', { codes: [99], folder: join(folder, 'monday') });
  second = await rehearsed('failures', {
    codes: [99],
    folder: join(folder, 'tuesday'),
    settings: ['seed=4', 'load.phases[1].arrivalRate=30'],
  });
  baseline = join(folder, 'baseline.json');
  both = join(folder, 'both.html');
  writeFileSync(baseline, (await loadsim(['baseline', second])).out);
});

test('two runs are laid over each other', async () => {
  page = await open(join(first, 'report.html'));
  const one = await assertDrawn(page, overTimeChart('rate'));
  const { out } = await loadsim(['report', first, second, '--out', both]);
  assert.equal(out.trim(), both);
  await visit(page, both);
  assertQuiet(page);
  for (const [folder, name] of [
    [first, 'monday'],
    [second, 'tuesday'],
  ]) {
    const text = await page.locator('#runs tbody tr', { hasText: name }).innerText();
    assertShowsDuration(text, readJson(folder, 'summary.json').latency.e2e.p50_ms, `e2e p50 of ${name}`);
  }
  assert.match(await page.locator('#verdict').innerText(), /fail/i); // of the first
  const two = await assertDrawn(page, overTimeChart('rate'));
  assert.notDeepEqual(two.pixels, one.pixels, 'the rate of the second run is not drawn');
  for (const name of ['rate', 'latency', 'sessions']) {
    const { texts } = await assertDrawn(page, overTimeChart(name));
    assert.match(texts, /run 2/, `legend of ${name}`);
  }
  const links = await page
    .locator('#files a')
    .evaluateAll((all) => all.map((link) => decodeURIComponent(new URL(link.href).pathname)));
  assert.ok(links.includes(join(first, 'summary.json')), `the files of the first run are not among ${links}`);
  for (const part of ['#percentiles', '#histogram']) assert.match((await assertDrawn(page, part)).texts, /run 2/, part);
  await assertAccessible(page);
  await screenshot(page, 'two-runs');
});

test('a baseline is a second line of the hops and the latencies', async () => {
  const old = readJson(second, 'summary.json').latency;
  // A baseline file has no vehicle hop, a report folder has.
  for (const [from, hops] of [
    [second, ['e2e', 'dispatch', 'vehicle']],
    [baseline, ['e2e', 'dispatch']],
  ]) {
    await loadsim(['report', first, '--baseline', from]);
    await visit(page, join(first, 'report.html'));
    assertQuiet(page);
    for (const hop of hops)
      assertShowsDuration(
        await page.locator(`#latency-table tr[data-hop="${hop}"] .baseline`).first().innerText(),
        old[hop].p50_ms,
        `p50 of ${hop} in the baseline`,
      );
    assertShowsDuration(
      await page.locator('#hops tr.baseline').first().innerText(),
      old.e2e.p50_ms,
      'p50 of e2e in the baseline, beside the bars',
    );
    const isTold = /no vehicle hop/.test(await page.locator('#hops').innerText());
    assert.equal(isTold, !hops.includes('vehicle'), 'the hop that a baseline file does not have');
  }
  assert.match(await page.locator('#budgets').innerText(), /baseline/i);
  for (const chart of [overTimeChart('latency'), '#percentiles'])
    assert.match((await assertDrawn(page, chart)).texts, /baseline/, `legend of ${chart}`);
  await assertAccessible(page);
  await screenshot(page, 'baseline');
});

test('a baseline of another load is told, not drawn as if it were of this one', async () => {
  const other = join(temporaryFolder(), 'other.json');
  writeFileSync(other, JSON.stringify({ ...readJson(baseline), schema: 'loadsim.baseline/99' }));
  const { out, err } = await loadsim(['report', first, '--baseline', other], { codes: [0, 2, 3] });
  assert.match(out + err, /baseline\/99|other\.json/, `${out}${err}`);
});
