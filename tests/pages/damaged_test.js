// Pages of folders that are not whole: a run that was killed, truncated and foreign files, versions of the future. Each says on top what
// is missing, and shows the rest.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertAccessible, assertNoSideways, assertQuiet, open, screenshot, visit } from './browser.js';
import { assertDrawn, overTimeChart } from './charts.js';
import { loadsim, readJson, rehearsed, scenarios, start, temporaryFolder, until } from './program.js';

let page, whole; // one window for all pages
before(async () => {
  whole = await rehearsed('failures', { codes: [99] });
});

/// Copy of the whole folder, changed.
function damaged(change) {
  const folder = join(temporaryFolder(), 'run');
  cpSync(whole, folder, { recursive: true });
  rmSync(join(folder, 'report.html'));
  change(folder);
  return folder;
}

/// Page of a folder, made by `report`. Its warnings are above all else.
async function showPage(folder) {
  await loadsim(['report', folder]);
  const html = join(folder, 'report.html');
  if (page) await visit(page, html);
  else page = await open(html);
  assertQuiet(page);
}

async function assertWarns(...parts) {
  await page.locator('#warnings').waitFor({ state: 'visible', timeout: 2000 });
  const warnings = await page.locator('#warnings').evaluate((part) => part.textContent);
  for (const part of parts) assert.match(warnings, part, `warnings: ${warnings}`);
  const above = await page.evaluate(
    () =>
      document.querySelector('#warnings').getBoundingClientRect().top <
      document.querySelector('#verdict').getBoundingClientRect().top,
  );
  assert.ok(above, 'the warnings are not above the verdict');
}

const verdict = () => page.locator('#verdict').innerText();

test('a whole folder has no warning, and the page that the run made is made again', async () => {
  const folder = damaged(() => {});
  await showPage(folder);
  assert.equal(await page.locator('#warnings').isVisible(), false);
  const [made, again] = [join(whole, 'report.html'), join(folder, 'report.html')].map((file) =>
    readFileSync(file, 'utf8'),
  );
  assert.equal(again.length, made.length, 'bytes of the page');
  assert.ok(again === made, 'the page that `report` makes differs from that of the run');
});

test('a killed run shows what it wrote until then', async () => {
  const folder = join(temporaryFolder(), 'run');
  const run = start(['run', join(scenarios, 'live.yaml'), '--report', folder, '--quiet']);
  await until(
    () => {
      try {
        return readFileSync(join(folder, 'timeline.jsonl'), 'utf8').split('"stage":"load"').length > 3;
      } catch {
        return false;
      }
    },
    () => `three seconds of load in ${folder}: ${run.err}`,
    30,
  );
  run.child.kill('SIGKILL');
  await run.ended;
  assert.ok(!readdirSync(folder).includes('summary.json'), 'the run had ended before it was killed');
  await showPage(folder);
  await assertWarns(/summary\.json/);
  assert.doesNotMatch(await verdict(), /\bpass\b/i);
  await assertDrawn(page, overTimeChart('rate'));
  await screenshot(page, 'killed');
  await assertAccessible(page);
});

test('truncated files: what can be read of them is shown', async () => {
  const files = ['requests.jsonl', 'timeline.jsonl', 'anomalies.jsonl', 'sessions.jsonl', 'histograms.jsonl'];
  const folder = damaged((path) => {
    for (const name of files) truncateSync(join(path, name), Math.floor(statSync(join(path, name)).size * 0.6));
  });
  await showPage(folder);
  await assertWarns(...files.slice(0, 2).map((name) => new RegExp(name.replace('.', '\\.'))));
  assert.match(await verdict(), /fail/i); // of summary.json, which is whole
  assert.ok((await page.locator('#requests tr[data-arrival]').count()) > 10);
  await assertDrawn(page, overTimeChart('rate'));
});

test('a truncated summary is none', async () => {
  await showPage(damaged((folder) => truncateSync(join(folder, 'summary.json'), 1000)));
  await assertWarns(/summary\.json/);
  assert.match(await verdict(), /summary of this run cannot be read/); // it was not killed
  assert.doesNotMatch(await verdict(), /\bpass\b/i);
  await assertDrawn(page, overTimeChart('rate'));
});

test('versions of the future are named', async () => {
  for (const name of ['summary', 'run']) {
    await showPage(
      damaged((folder) => {
        const file = join(folder, `${name}.json`);
        writeFileSync(file, JSON.stringify({ ...readJson(file), schema: `loadsim.${name}/99` }));
      }),
    );
    await assertWarns(new RegExp(`${name}\\.json`), new RegExp(`loadsim\\.${name}/99`));
    await assertDrawn(page, overTimeChart('rate'));
  }
});

test('numbers that no run has are not drawn, and do not hold the page up', async () => {
  for (const number of ['1.7976931348623157e308', '-9223372036854775808', '18446744073709551615']) {
    const inText = (text) => text.replace(/("\w+":)-?\d[\d.]*/g, `$1${number}`);
    await showPage(
      damaged((folder) => {
        for (const name of ['timeline.jsonl', 'requests.jsonl', 'sessions.jsonl']) {
          const lines = readFileSync(join(folder, name), 'utf8').split('\n');
          writeFileSync(join(folder, name), lines.map((line, i) => (i % 3 === 1 ? inText(line) : line)).join('\n'));
        }
        const summary = readFileSync(join(folder, 'summary.json'), 'utf8');
        writeFileSync(join(folder, 'summary.json'), inText(summary));
      }),
    );
    await assertWarns(/timeline\.jsonl/);
    await assertNoSideways(page);
    const rows = page.locator('#requests tr[data-arrival] button');
    for (let i = 0; i < 5; ++i) await rows.nth(i).click();
    assertQuiet(page);
  }
});

test('links lead to the files, from a page in another folder and of the folders of ranks', async () => {
  const folder = damaged((path) => {
    mkdirSync(join(path, 'rank-0'));
    writeFileSync(join(path, 'rank-0', 'snapshots.jsonl'), '{}\n');
  });
  const elsewhere = join(temporaryFolder(), 'page.html');
  await loadsim(['report', folder, '--out', elsewhere]);
  await visit(page, elsewhere);
  const links = (await page.locator('#files a').evaluateAll((all) => all.map(({ href }) => href))).map((href) => fileURLToPath(href));
  assert.ok(links.includes(join(folder, 'rank-0', 'snapshots.jsonl')), links.join('\n'));
  for (const link of links) assert.ok(statSync(link).isFile(), link);
});

test('foreign content under the names of a report is told', async () => {
  const foreign = {
    'summary.json': '[1, 2, 3]',
    'run.json': '"text"',
    'timeline.jsonl': '\u0000\u0001\u0002\n{"end": {}}\n',
    'requests.jsonl': '{"arrival": "one"}\n[]\n',
  };
  await showPage(
    damaged((folder) => {
      for (const [name, content] of Object.entries(foreign)) writeFileSync(join(folder, name), content);
    }),
  );
  await assertWarns(/summary\.json/, /run\.json/);
});

test('a folder of something else, and none at all, are refused with a sentence', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'photos'));
  writeFileSync(join(folder, 'photos', 'one.png'), 'png');
  for (const wrong of ['photos', 'nowhere']) {
    const { out, err } = await loadsim(['report', join(folder, wrong)], { codes: [2, 3] });
    assert.match(out + err, new RegExp(wrong), `${out}${err}`);
  }
  assert.deepEqual(readdirSync(join(folder, 'photos')), ['one.png']);
});
