// Telemetry and taps on the page: figures of summary.json, and the chart over time. The folder is that of a run without telemetry, to whose
// files they are added.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assertAccessible, assertNoSideways, assertQuiet, open } from './browser.js';
import { assertDrawn, overTimeChart } from './charts.js';
import { loadsim, readJson, readLines, rehearsed, root } from './program.js';
import { readTable } from './tables.js';

const latency = (samples, ms) => ({
  samples,
  ...Object.fromEntries(['min', 'mean', 'p50', 'p90', 'p95', 'p99', 'p999', 'max'].map((name) => [`${name}_ms`, ms])),
});

const telemetry = [
  { group: 'position', due: 1000, acknowledged: 960, lost: 30, unacknowledged: 10, overwritten: 20, reissued: 95, in_store: 10,
    publish: latency(900, 41.2), lag: latency(900, 0.14), error_reasons: { 'packet too large': 4 } },
  { group: 'tyre', due: 3, acknowledged: 3, lost: 0, reissued: 0, in_store: 0,
    publish: latency(3, 12), lag: latency(3, 0.14), error_reasons: {} },
];
const counts = { sent: 960, consumed: 962, matched: 950, lost: 7, duplicated: 5, out_of_order: 4, corrupted: 1, sent_not_reconciled: 2,
  consumed_not_reconciled: 1, foreign: 3, unknown_vehicle: 0, without_sequence: 0 };
const taps = [{ name: 'kafka', groups: [{ group: 'position', ...counts }, { ...counts, group: null }],
  bridge: latency(940, 8), deliver: latency(950, 16), error_reasons: { 'broker transport failure': 1 } }];

let page;
before(async () => {
  const folder = await rehearsed(join(root, 'scenarios/quickstart.yaml'));
  const backlogs = { begun: 3, drained: latency(2, 2000), errors: 0, error_reasons: {} };
  const summary = { ...readJson(folder, 'summary.json'), telemetry, telemetry_backlogs: backlogs, taps };
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
  const lines = readLines(folder, 'timeline.jsonl').map((line) => ({
    ...line,
    telemetry: { due: 50, sent: 45, reissued: 5, acknowledged: 48, lost: 1, waiting: 12, publish: latency(48, 41.2) },
  }));
  writeFileSync(join(folder, 'timeline.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await loadsim(['report', folder]);
  page = await open(join(folder, 'report.html'));
});

test('groups and taps have their figures', async () => {
  assertQuiet(page);
  const groups = await readTable(page, '#telemetry-groups');
  assert.deepEqual(groups.map((row) => row.group), ['position', 'tyre']);
  assert.equal(groups[0].due, '1,000');
  assert.match(groups[0].lost, /^30/);
  assert.match(groups[0].lost, /10 unacknowledged, 20 overwritten/);
  assert.match(groups[0]['publish p50'], /41\.2 ms/);
  const text = await page.locator('#telemetry-groups').innerText();
  assert.match(text, /3 backlogs, 2 drained after at most 2\.00 s/);
  assert.match(text, /4 × packet too large/);
  const found = await readTable(page, '#taps');
  assert.deepEqual(found.map((row) => row.group), ['position', 'no group']);
  assert.equal(found[0].matched, '950');
  assert.equal(found[0]['not reconciled'], '3');
  assert.match(await page.locator('#taps').innerText(), /1 × broker transport failure/);
});

test('the chart over time is drawn beside the others', async () => {
  await assertDrawn(page, overTimeChart('telemetry'));
  await assertNoSideways(page);
  await assertAccessible(page);
});
