// Texts that others decide - VINs, topics, payloads, reasons, names of a scenario, names of folders - are shown as text: none runs as
// script on the page, and none as a command in the shell that a command is copied to.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, test } from 'node:test';
import { assertNoSideways, assertQuiet, change, narrow, open, screenshot } from './browser.js';
import { loadsim, readJson, readLines, rehearsed, start, temporaryFolder } from './program.js';

const corpus = [
  '<script>window.__pwned = 1</script>',
  '</script><script>window.__pwned = 2</script>',
  '"><img src=x onerror="window.__pwned = 3">',
  "'><svg onload='window.__pwned = 4'>",
  '<!--<script>window.__pwned = 5',
  '--></style></textarea></title><script>window.__pwned = 6</script>',
  '<iframe srcdoc="<script>parent.__pwned = 7</script>"></iframe>',
  'javascript:window.__pwned=8',
  '{{constructor.constructor("window.__pwned = 9")()}}${window.__pwned=9}',
  '\\u003cscript\\u003ewindow.__pwned = 10\\u003c/script\\u003e',
  '&lt;b&gt;&#60;script&#62;',
  '`;window.__pwned = 11;//',
  '\u2028window.__pwned = 12\u2029',
  "$(touch pwned) `touch pwned`; touch pwned; '; touch pwned; '\"; touch pwned",
  '-rf --report=/ -o pwned',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u202eright to left\u202c',
  'a\u0000b\u0007\u001b[31m',
  '\ud83d\ude97 \u0644\u0627 \u4e2d\u6587',
  'w'.repeat(5000),
];
const next = (
  (i) => () =>
    corpus[i++ % corpus.length]
)(0);

/// The page has run none of the corpus, and has no element that only markup of the corpus would make.
async function assertHarmless(page) {
  assertQuiet(page);
  const made = await page.evaluate(() => ({
    pwned: window.__pwned ?? Object.prototype.__pwned,
    elements: [...document.querySelectorAll('img, svg, iframe, object, embed, base, form, script:not(#page-data)')]
      .filter((element) => element.localName !== 'script' || element.textContent.includes('__pwned'))
      .map((element) => element.outerHTML.slice(0, 200)),
    handlers: [...document.querySelectorAll('*')]
      .filter((element) => [...element.attributes].some(({ name }) => name.startsWith('on')))
      .map((element) => element.outerHTML.slice(0, 200)),
    links: [...document.querySelectorAll('a')].map(({ href }) => href).filter((href) => !/^(file|https?):/.test(href)),
  }));
  assert.deepEqual(made, { pwned: undefined, elements: [], handlers: [], links: [] });
}

/// The first requests of the table are opened, one after the other.
async function openSome(page, most = 12) {
  const rows = page.locator('#requests tr[data-arrival]:visible');
  for (let i = 0, count = Math.min(most, await rows.count()); i < count; ++i) {
    await rows.nth(i).click();
    await page.locator('#request').waitFor({ state: 'visible' });
  }
}

/// Runs the commands of the opened request in a shell where loadsim prints its arguments.
async function assertCommandsHarmless(page, record, folder) {
  const commands = (
    await page.locator('#request code').evaluateAll((all) => all.map(({ textContent }) => textContent))
  ).filter((line) => line.startsWith('loadsim '));
  assert.ok(commands.length >= 2, `commands: ${commands}`);
  const place = temporaryFolder();
  for (const command of commands) {
    const shell = 'loadsim() { for word in "$@"; do printf "%s\\0" "$word"; done; }\n';
    const words = execFileSync('/bin/sh', ['-c', shell + command], {
      cwd: place,
      encoding: 'utf8',
      timeout: 5000,
    }).split('\0');
    assert.ok(words[1].endsWith(folder), `the folder of ${command} is ${words[1]}`);
    assert.ok(
      words.some((word) => word === record.request_id || word === `--request=${record.request_id}`),
      `${command} has the words ${words.join(' | ')}`,
    );
    assert.ok(!existsSync(join(place, 'pwned')), `${command} runs a part of a name`);
  }
}

test('names of a scenario', async (t) => {
  const names = corpus.filter((text) => !/[\u0000-\u001f\u2028\u2029]/.test(text) && text.length < 200);
  const quoted = (text) => JSON.stringify(text);
  const place = temporaryFolder();
  const scenario = join(place, 'hostile.yaml');
  const write = (file, phases, segments, reason) =>
    writeFileSync(
      file,
      `
name: hostile
seed: 3
target: {embedded: {services: {horn: {pending: 2s, running: 3s}}}}
fleet:
  vehicles: 400
  segments:
${segments.map((name, i) => `    - {name: ${quoted(name)}, share: ${i === 0 ? 101 - segments.length : 1}%, behaviour: ${i % 2 ? 'door-open' : 'success'}}`).join('\n')}
behaviours:
  door-open:
    expect: executed
    steps: [ack, {failed: ${quoted(reason)}}]
conditions:
  - tunnel: {name: ${quoted(reason)}, at: 1s, share: 30%, for: 2s}
load:
  services: {horn: 1}
  phases:
${phases.map((name) => `    - {name: ${quoted(name)}, duration: 4s, arrivalRate: 10}`).join('\n')}
  drain: 5s
  completionTimeout: 8s
`,
    );
  // What a scenario may not have is refused; the others are shown.
  const codes = await Promise.all(
    names.map((name, i) => {
      write(join(place, `${i}.yaml`), [name], [name], 'reason');
      return start(['validate', join(place, `${i}.yaml`)]).ended;
    }),
  );
  const accepted = names.filter((_, i) => codes[i] === 0);
  assert.ok(accepted.length > 0, `no name of the corpus is accepted: ${codes}`);
  t.diagnostic(`accepted: ${accepted.length} of ${names.length}`);
  write(scenario, accepted, accepted, accepted[0]);
  const folder = await rehearsed(scenario, { codes: [0, 4, 5, 99] });
  const page = await open(join(folder, 'report.html'));
  await openSome(page);
  await assertHarmless(page);
});

test('texts of vehicles and of the platform, folder names', async () => {
  const whole = await rehearsed('failures', { codes: [99] });
  const folder = join(temporaryFolder(), `run "><img src=x onerror=window.__pwned=20> '$(touch pwned)'`);
  cpSync(whole, folder, { recursive: true });
  rmSync(join(folder, 'report.html'));
  const changed = (name, change) => {
    const lines = readLines(folder, name).map((line) => {
      change(line);
      return JSON.stringify(line);
    });
    writeFileSync(join(folder, name), lines.join('\n') + '\n');
  };
  changed('requests.jsonl', (request) => {
    for (const key of ['request_id', 'traceparent', 'vin', 'segment', 'behaviour', 'service', 'phase', 'reason'])
      request[key] = next();
    request.conditions = [next()];
    for (const message of request.messages) Object.assign(message, { head: next(), payload: next() });
  });
  changed('anomalies.jsonl', (anomaly) =>
    Object.assign(anomaly, { vin: next(), request_id: next(), evidence: next() }),
  );
  changed('sessions.jsonl', (event) => Object.assign(event, { event: next() }));
  changed('timeline.jsonl', (row) => Object.assign(row, { phase: row.phase && next() }));
  const summary = readJson(folder, 'summary.json');
  for (const key of ['scenario', 'host', 'target']) summary[key] = next();
  summary.verdict_reasons = corpus;
  summary.labels = Object.fromEntries(corpus.map((text) => [text, next()]));
  summary.requests.error_reasons = Object.fromEntries(corpus.map((text, i) => [text, i]));
  for (const list of ['outcome_matrix', 'phases', 'services', 'recoveries', 'budgets', 'observers'])
    for (const item of summary[list])
      for (const key of [
        'segment',
        'behaviour',
        'service',
        'name',
        'condition',
        'expression',
        'sentence',
        'latency_budget',
      ])
        if (key in item) item[key] = next();
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
  writeFileSync(
    join(folder, 'run.json'),
    JSON.stringify({ ...readJson(folder, 'run.json'), scenario: next(), host: next(), labels: summary.labels }),
  );
  writeFileSync(join(folder, 'scenario.yaml'), corpus.join('\n'));

  await loadsim(['report', folder]);
  const html = join(folder, 'report.html');
  const page = await open(html);
  await assertHarmless(page);
  await openSome(page);
  await assertHarmless(page);
  const shown = await page.locator('main').evaluate((part) => part.textContent); // without the page data
  for (const text of corpus.slice(0, 12)) assert.ok(shown.includes(text), `not shown as text: ${text}`);
  for (const text of corpus.slice(0, 16)) {
    // a filter may hold anything, too
    await page.fill('#request-filter', text);
    await assertHarmless(page);
  }
  await page.fill('#request-filter', 'touch pwned');
  const arrivals = await page
    .locator('#requests tr[data-arrival]')
    .evaluateAll((rows) => rows.map(({ dataset }) => Number(dataset.arrival)));
  const record = readLines(folder, 'requests.jsonl').find(
    (request) => arrivals.includes(request.arrival) && request.request_id.includes('touch pwned'),
  );
  await page.locator(`#requests tr[data-arrival="${record.arrival}"] button`).click();
  await assertCommandsHarmless(page, record, basename(folder));
  await change(page, { viewport: narrow });
  await assertNoSideways(page);
  await screenshot(page, 'hostile');
  const source = readFileSync(html, 'utf8');
  const data = source.slice(
    source.indexOf('id="page-data">'),
    source.indexOf('</script>', source.indexOf('id="page-data">')),
  );
  assert.doesNotThrow(() => JSON.parse(data.slice(data.indexOf('>') + 1)), 'the page data end before their end');
});
