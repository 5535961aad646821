// Cost on the page: figures of summary.json, of a rehearsal with prices.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { assertAccessible, assertNoSideways, assertQuiet, open } from './browser.js';
import { loadsim, readJson, rehearsed, root } from './program.js';
import { readTable } from './tables.js';

const cost = {
  currency: 'USD', example: 'cloud-2026', description: 'list prices of a cloud',
  items: [
    { name: 'API', unit: 'request', quantity: 300, price: 0.0000035, amount: 0.00105 },
    { name: 'brokers', unit: 'hour', quantity: 0.0023060831, price: 0.5, amount: 0.0011530415 },
  ],
  total: 0.0022030415, requests: 300, vehicle_hours: 0.46, per_1000_requests: 0.0073434717, per_vehicle_month: 3.494,
  fleet: 24500000, fleet_month: 85603000,
};

let page;
before(async () => {
  const folder = await rehearsed(join(root, 'scenarios/quickstart.yaml'));
  writeFileSync(join(folder, 'summary.json'), JSON.stringify({ ...readJson(folder, 'summary.json'), cost }));
  await loadsim(['report', folder]);
  page = await open(join(folder, 'report.html'));
});

test('each price has its quantity and amount, small ones without an exponent', async () => {
  assertQuiet(page);
  const rows = await readTable(page, '#cost');
  assert.deepEqual(rows.map((row) => row.price), ['API', 'brokers']);
  assert.equal(rows[0].quantity, '300');
  assert.equal(rows[0].unit, 'request');
  assert.equal(rows[0]['of one'], '0.0000035 USD');
  assert.equal(rows[0].amount, '0.00105 USD');
  assert.equal(rows[1].quantity, '0.002306');
});

test('what follows from the total is beside it', async () => {
  const text = await page.locator('#cost').innerText();
  assert.match(text, /The run costs 0\.002203 USD/);
  assert.match(text, /0\.007343 USD/);
  assert.match(text, /3\.494 USD at this load/);
  assert.match(text, /24,500,000 vehicles/);
  assert.match(text, /85,603,000 USD a month/);
  assert.match(text, /list prices of a cloud \(cloud-2026\), an example that is not maintained/);
});

test('the page is accessible and has no sideways scroll', async () => {
  await assertAccessible(page);
  await assertNoSideways(page);
});
