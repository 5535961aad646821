// The page of a run in progress: the history first, then an event a second; after a lost connection it connects again.

const live = {source: null, page: null, newest: [], stopAsked: false, starting: false, rowsAdded: 0, unexpectedAdded: false, drawing: null, restUntil: 0};

/// Path with the token of the page's address, which every request needs if the page is not on loopback.
function liveAddress(path, more = {}) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}

function liveToken() {
  return new URLSearchParams(location.search).get('token') ?? '';
}

async function stopRun(status) {
  try {
    const response = await fetch(liveAddress('stop'), {method: 'POST', headers: {'X-Loadsim-Token': liveToken()}});
    if (response.status === 403) status.textContent = 'Refused: the address of this page has no token, or a wrong one. Open the address that loadsim printed.';
    else if (!response.ok) status.textContent = `Refused: status ${response.status}. Try again, or press Ctrl-C where loadsim runs.`;
    else {
      live.stopAsked = true;
      status.textContent = 'Stop requested: no further requests; those in flight may complete.';
      document.getElementById('stop').disabled = true;
    }
  } catch {
    status.textContent = 'Not requested: loadsim does not respond. Try again, or press Ctrl-C where it runs.';
  }
}

/// The parts of #live that stay; their figures are set by showLive.
function drawLive(page) {
  if (!page.live) return fill('live');
  const figures = {};
  const value = (key, name) => element('div', {class: 'tile'}, element('dt', {}, name), element('dd', {}, figures[key] = element('span', {class: 'value', 'data-live': key}, noValue)));
  const status = element('span', {role: 'status'});
  const sure = element('span', {hidden: true}, ' Stop the run? It sends no further requests and drains. ',
    button('Stop the run', () => { sure.hidden = true; stopRun(status); }, {id: 'stop-confirm', class: 'danger'}), ' ',
    button('Go on', () => { sure.hidden = true; stop.disabled = false; stop.focus(); }, {id: 'stop-cancel'}));
  const stop = button('Stop', () => { sure.hidden = false; stop.disabled = true; document.getElementById('stop-confirm').focus(); }, {id: 'stop', class: 'danger', disabled: live.stopAsked});
  figures.connection = element('span', {class: 'badge', id: 'live-connection', role: 'status'}, 'connecting');
  figures.stage = element('p', {class: 'lead'});
  figures.progress = element('progress', {'aria-label': 'Progress of the run', max: 1, value: 0});
  figures.conditions = element('p', {class: 'acting', id: 'live-conditions'});
  figures.fleet = element('div', {id: 'live-fleet'});
  figures.newest = element('ul', {class: 'plain newest', id: 'live-unexpected', tabindex: 0, 'aria-label': 'Newest unexpected requests'});
  live.figures = figures;
  fill('live',
    element('div', {class: 'section-head'}, element('h2', {id: 'live-title'}, 'Now ', figures.connection), element('div', {class: 'tools'}, status, sure, stop)),
    figures.stage, figures.progress, figures.conditions,
    element('dl', {class: 'tiles'}, value('rate', 'rate'), value('p50', 'e2e p50'), value('p99', 'e2e p99'), value('in_flight', 'in flight'), value('unexpected', 'unexpected so far')),
    element('div', {class: 'pair'}, element('div', {}, element('h3', {}, 'Fleet'), figures.fleet),
      element('div', {}, element('h3', {}, 'Newest unexpected requests'), figures.newest)));
  showLive(page);
  return null;
}

function fleetRows(page, at) {
  const planned = page.progress?.sessions_planned || largest(page.runs[0].timeline?.online) || 1;
  return [['online', 'online', 'blue'], ['busy', 'busy', 'state-busy'], ['connecting', 'connecting', 'state-connecting'], ['asleep', 'asleep', 'state-asleep'], ['blocked', 'blocked', 'state-blocked']]
    .map(([name, key, of]) => ({name, of, value: at(key), share: (at(key) ?? 0) / planned})).filter(row => isNumber(row.value));
}

function showLive(page) {
  const {figures} = live;
  const run = page.runs[0];
  const timeline = run.timeline ?? {};
  const at = name => lastOf(timeline[name]);
  const progress = page.progress ?? {};
  const stage = progress.stage ?? at('stage') ?? 'connecting';
  const left = isNumber(progress.left_s) ? `, ${duration(progress.left_s)} left` : '';
  figures.stage.textContent = [stage === 'load' ? progress.phase ?? at('phase') ?? 'load' : stage, `${duration(progress.elapsed_s ?? at('end_s'))}${left}`].join(': ');
  const whole = (progress.elapsed_s ?? 0) + (progress.left_s ?? 0);
  figures.progress.value = whole > 0 ? progress.elapsed_s / whole : 0;
  figures.rate.textContent = `${rate(at('sent_rate'))} of ${rate(at('target_rate'))}`;
  figures.p50.textContent = milliseconds(at('e2e_p50'));
  figures.p99.textContent = milliseconds(at('e2e_p99'));
  figures.in_flight.textContent = count(at('in_flight'));
  const unexpected = progress.unexpected ?? sum(timeline.unexpected);
  figures.unexpected.textContent = count(unexpected);
  figures.unexpected.closest('.tile').className = `tile ${zeroIsGood(unexpected)}`;
  const acting = at('conditions') ?? [];
  figures.conditions.replaceChildren(...(acting.length > 0 ? ['Acting now: ', ...acting.map(name => element('span', {class: 'chip condition'}, name))] : ['No condition acts now.']));
  figures.fleet.replaceChildren(...fleetRows(page, at).map(row => element('div', {class: 'fleet-row', 'data-state': row.name}, element('span', {}, row.name),
    element('span', {class: 'stack slim', 'aria-hidden': 'true'}, element('span', {style: {width: cssPercent(Math.min(1, row.share)), background: `var(--${row.of})`}})),
    element('span', {class: 'number'}, count(row.value)))));
  figures.newest.replaceChildren(...(live.newest.length > 0 ? live.newest.map(request => element('li', {},
    button(clock(request.due_at_ms / 1000, 3), () => openRequest(page, request), {class: 'open', 'aria-label': `Open the request due at ${clock(request.due_at_ms / 1000, 3)}`}), ' ',
    outcomeName(request.outcome), ` ${request.service} of `, element('code', {}, request.vin), request.reason && `: ${request.reason}`)) : [element('li', {class: 'quiet'}, 'None.')]));
}

function setConnection(text, fine) {
  const badge = document.getElementById('live-connection');
  if (!badge) return;
  badge.textContent = text;
  badge.className = `badge ${fine ? 'pass' : 'warn'}`;
}

/// Open bands of the event are added or kept; others that were open end with this row.
function mergeBands(bands, open, end) {
  const same = (a, b) => a.kind === b.kind && a.name === b.name && a.from_s === b.from_s;
  for (const band of bands) if (!isNumber(band.to_s) && !open.some(one => same(one, band))) band.to_s = end;
  for (const band of open) {
    const known = bands.find(one => same(one, band));
    if (known) known.to_s = band.to_s;
    else bands.push({...band});
  }
}

function addUnexpected(page, requests) {
  if (!requests || requests.length === 0) return;
  const run = page.runs[0];
  const known = new Set((run.requests ?? []).map(request => request.arrival));
  const added = requests.filter(request => !known.has(request.arrival));
  if (added.length === 0) return;
  run.requests = [...added, ...(run.requests ?? [])].slice(0, 600);
  live.newest = [...added].sort((a, b) => b.due_at_ms - a.due_at_ms).concat(live.newest).slice(0, 20);
  live.unexpectedAdded = true;
}

function drawNewRequests(page) {
  live.unexpectedAdded = false;
  if (document.getElementById('requests').contains(document.activeElement) && document.getElementById('requests-body')) drawRequestRows();
  else drawRequests(page);
}

const rowsUntilHistory = 1200; // then the history is fetched again, in which rows are combined

function onRow(data) {
  const {page} = live;
  const run = page.runs[0];
  const timeline = run.timeline ??= {};
  for (const name of Object.keys(data.row)) timeline[name] ??= [];
  if (lastOf(timeline.end_s) !== null && data.row.end_s <= lastOf(timeline.end_s)) return; // in the history, too
  for (const name of Object.keys(timeline)) timeline[name].push(data.row[name] ?? null);
  page.progress = data.progress ?? page.progress;
  mergeBands(run.bands ??= [], data.bands ?? [], data.row.end_s);
  addUnexpected(page, data.unexpected_requests);
  setConnection('live', true);
  drawSoon();
  if (++live.rowsAdded <= rowsUntilHistory) return;
  live.rowsAdded = 0;
  startLive();
}

/// Draws new rows after a rest as long as the last drawing, a second at most: a rehearsal has many rows a second, which are drawn as one.
function drawSoon() {
  live.drawing ??= setTimeout(drawRows, Math.max(0, live.restUntil - performance.now()));
}

function drawRows() {
  live.drawing = null;
  const {page} = live;
  if (document.hidden || !page?.live) return;
  const began = performance.now();
  showLive(page);
  if (live.unexpectedAdded) drawNewRequests(page);
  if (overTime.charts.length === 0) drawOverTime(page);
  else extendOverTime(page);
  document.querySelector('#verdict .tiles').replaceWith(keyFigures(page.runs[0], page.progress));
  drawOutcomes(page);
  const ended = performance.now();
  live.restUntil = ended + Math.min(1000, ended - began);
}

/// The event has what rows do not have. The events go on: another attempt of `--retry-invalid` begins with `reload`.
function onFinished(data) {
  const {page} = live;
  Object.assign(page.runs[0], data);
  page.live = false;
  drawPage(page);
}

/// Fetches the history, draws it, and follows the events. After a lost connection: again from the history.
async function startLive() {
  if (live.starting) return;
  live.starting = true;
  try {
    await followRun();
  } finally {
    live.starting = false;
  }
}

async function followRun() {
  let page = null;
  try {
    const response = await fetch(liveAddress('history'));
    if (response.status === 403) {
      fill('warnings', element('h2', {}, 'Refused'), element('p', {}, 'The address of this page has no token, or a wrong one. Open the address that loadsim printed.'));
      return;
    }
    page = await response.json();
  } catch {
    if (live.source?.readyState === EventSource.OPEN || live.page?.live === false) return; // the events go on, or had the end
    if (live.page) setConnection('no connection; trying again', false);
    else fill('warnings', element('h2', {}, 'No connection'), element('p', {}, 'loadsim does not answer: the run has not begun, or has ended. Trying again.'));
    setTimeout(startLive, 2000); // after this one has returned
    return;
  }
  if (live.page?.live === false) return; // the event `finished` came meanwhile
  live.source?.close();
  if (page.runs[0].summary) page.live = false; // it ended before this page came
  live.page = page;
  live.rowsAdded = 0;
  const known = (page.runs[0].requests ?? []).filter(request => request.unexpected);
  live.newest = known.sort((a, b) => b.due_at_ms - a.due_at_ms).slice(0, 20);
  drawPage(page);
  if (!page.live) return;
  live.source = new EventSource(liveAddress('events', {after: page.last_id})); // no row is missed, however long the history took
  let lost = false;
  live.source.addEventListener('open', () => {
    if (lost) startLive();
    else setConnection('live', true);
  });
  live.source.addEventListener('error', () => {
    if (!page.live) return live.source?.close(); // loadsim has ended with the run
    lost = true;
    setConnection('connection lost; trying again', false);
    if (live.source.readyState === EventSource.CLOSED) setTimeout(startLive, 2000);
  });
  live.source.addEventListener('row', event => onRow(JSON.parse(event.data)));
  live.source.addEventListener('reload', () => { // rows have other times, some are missing, or another attempt begins
    page.live = true;
    startLive();
  });
  live.source.addEventListener('finished', event => onFinished(JSON.parse(event.data)));
}

document.addEventListener('visibilitychange', () => {
  if (live.page?.live) drawSoon();
});
