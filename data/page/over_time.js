// Charts over time: one cursor and one zoom for all, bands for phases, spikes and conditions.

const overTime = {charts: [], rows: [], zoomed: null, busy: false, run: null};

const dashes = [null, [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [1, 2]];

/// Rows of the charts: those of the first run, then the times of longer ones. of[k][i]: row of run k at row i, or -1.
function timeGrid(runs) {
  const ends = runs.map(run => run.timeline?.end_s ?? []);
  const last = lastOf(ends[0]) ?? -Infinity;
  const longest = ends.slice(1).reduce((most, one) => (lastOf(one) ?? -Infinity) > (lastOf(most) ?? -Infinity) ? one : most, []);
  const x = [...ends[0], ...longest.filter(end => end > last)];
  const of = ends.map(own => {
    let row = 0;
    return x.map(end => {
      while (row < own.length && own[row] < end - 1e-9) ++row;
      return row < own.length ? row : -1;
    });
  });
  return {x, of};
}

function perSecond(name) {
  return (timeline, i, width) => isNumber(timeline[name]?.[i]) ? timeline[name][i] / width[i] : null;
}

function column(name, floor) {
  return (timeline, i) => {
    const value = timeline[name]?.[i];
    return isNumber(value) ? floor !== undefined && value < floor ? floor : value : null;
  };
}

const smallestShown = 0.001; // ms: the resolution of latencies, for log scales

function timeChartSpecs(page) {
  const run = page.runs[0];
  const timeline = run.timeline;
  const has = name => (timeline[name] ?? []).some(value => value > 0);
  const base = page.baseline?.percentiles?.e2e;
  const limit = run.summary?.generator?.lag_limit_ms;
  const percentile = (name, of, colourName, more = {}) => ({label: name, of: column(of, smallestShown), colour: colourName, shared: true, ...more});
  const line = (label, value) => isNumber(value) && {label, of: () => value, colour: 'baseline', dash: [3, 3], width: 1.2};
  return [
    {id: 'rate', title: 'Rate', note: 'requests asked for and sent, per second', text: rate, series: [
      {label: 'asked', of: column('target_rate'), colour: 'asked', dash: [5, 3], width: 2},
      {label: 'achieved', of: column('sent_rate'), colour: 'blue', shared: true}]},
    {id: 'latency', title: 'Latency, e2e', note: 'due to completion, log scale', text: milliseconds, log: true, series: [
      percentile('p50', 'e2e_p50', 'p50'), percentile('p90', 'e2e_p90', 'p90', {shared: false}), percentile('p99', 'e2e_p99', 'p99'),
      percentile('max', 'e2e_max', 'max', {shared: false, width: 1}),
      line('baseline p50', base?.p50_ms), line('baseline p99', base?.p99_ms)]},
    {id: 'outcomes', title: 'Outcomes', note: has('unexpected') ? 'per second, stacked; marks below: unexpected' : 'per second, stacked',
     text: rate, stacked: true, marks: 'unexpected',
     series: outcomeNames.filter(name => name === 'executed' || has(name)).reverse()
       .map(name => ({label: name, of: perSecond(name), colour: `outcome-${name}`, fill: true, width: 1}))},
    {id: 'in-flight', title: 'In flight', note: 'requests begun and not completed', text: count, series: [
      {label: 'in flight', of: column('in_flight'), colour: 'blue', shared: true},
      {label: 'waiting for a connection', of: column('waiting_for_connection'), colour: 'orange'}]},
    {id: 'sessions', title: 'Sessions', note: 'vehicles by state; connects per second on the right', text: count, series: [
      {label: 'online', of: column('online'), colour: 'blue', shared: true},
      has('connecting') && {label: 'connecting', of: column('connecting'), colour: 'state-connecting'},
      has('asleep') && {label: 'asleep', of: column('asleep'), colour: 'state-asleep'},
      has('blocked') && {label: 'blocked', of: column('blocked'), colour: 'state-blocked'},
      has('busy') && {label: 'busy', of: column('busy'), colour: 'state-busy'},
      has('refused') && {label: 'refused', of: perSecond('refused'), colour: 'red', right: true, width: 1.2, text: rate},
      has('dropped') && {label: 'dropped', of: perSecond('dropped'), colour: 'orange', right: true, width: 1.2, text: rate},
      has('reconnects') && {label: 'reconnects', of: perSecond('reconnects'), colour: 'green', right: true, width: 1.2, text: rate}]},
    has('telemetry_sent') || has('telemetry_lost') || has('telemetry_waiting') ? {id: 'telemetry', title: 'Telemetry',
     note: 'messages per second; waiting: in flight or in a store, on the right', text: rate, series: [
      {label: 'sent', of: perSecond('telemetry_sent'), colour: 'blue', shared: true},
      has('telemetry_reissued') && {label: 're-issued', of: perSecond('telemetry_reissued'), colour: 'orange', width: 1.2},
      {label: 'acknowledged', of: perSecond('telemetry_acknowledged'), colour: 'green'},
      has('telemetry_lost') && {label: 'lost', of: perSecond('telemetry_lost'), colour: 'red', width: 1.2},
      {label: 'waiting', of: column('telemetry_waiting'), colour: 'asked', right: true, dash: [5, 3], width: 1.2, text: count}]} : null,
    {id: 'lag', title: 'Lag', note: 'due to begun: the load generator’s own lateness, log scale', text: milliseconds, log: true, series: [
      percentile('p99', 'lag_p99', 'p99', {shared: false}), percentile('max', 'lag_max', 'max', {shared: false, width: 1}),
      line('limit', limit)]},
  ].filter(Boolean).map(spec => ({...spec, series: spec.series.filter(Boolean)}));
}

/// Adds the same series of other runs, dashed. A chart without positive values has no log scale.
function withOtherRuns(spec, page) {
  const series = spec.series.map(one => ({...one, run: 0}));
  page.runs.slice(1).forEach((_, i) => spec.series.filter(one => one.shared).forEach(one =>
    series.push({...one, run: i + 1, label: `${one.label}, run ${i + 2}`, dash: dashes[(i + 1) % dashes.length], width: 1.3})));
  const isPositive = one => {
    const timeline = page.runs[one.run].timeline ?? {};
    return (timeline.end_s ?? []).some((_, i) => one.of(timeline, i) > 0);
  };
  return {...spec, series, log: Boolean(spec.log) && series.some(isPositive)};
}

function timeRows(spec, page, grid, widths) {
  return grid.x.map((x, i) => [x, ...spec.series.map(one => {
    const row = grid.of[one.run][i];
    if (row < 0) return spec.stacked ? 0 : null;
    const value = one.of(page.runs[one.run].timeline, row, widths[one.run]);
    return value === null && spec.stacked ? 0 : value;
  })]);
}

/// Bands below the lines. Phases: a line and a name at their start; spikes and conditions: tinted.
function paintBands(context, area, chart, run) {
  const [from, until] = chart.xAxisRange();
  context.save();
  context.beginPath();
  context.rect(area.x, area.y, area.w, area.h);
  context.clip();
  context.font = `11px ${colour('font')}`;
  context.textBaseline = 'top';
  const shown = (run.bands ?? []).map(band => ({...band, to_s: isNumber(band.to_s) ? band.to_s : until}))
    .filter(band => band.to_s >= from && band.from_s <= until).sort((a, b) => a.from_s - b.from_s)
    .map(band => ({...band, phase: band.kind === 'phase', left: Math.max(area.x, chart.toDomXCoord(band.from_s)),
                   right: Math.min(area.x + area.w, chart.toDomXCoord(band.to_s))}));
  for (const {kind, phase, left, right} of shown) {
    context.fillStyle = colour(`band-${kind}`);
    if (phase) context.fillRect(Math.round(left), area.y, 1, area.h);
    else context.fillRect(left, area.y, Math.max(1, right - left), area.h);
  }
  const free = [-Infinity, -Infinity]; // x from which a row of names is free
  for (const {kind, name, phase, left, right} of shown) {
    const row = phase ? 0 : 1;
    const width = context.measureText(name).width;
    if (left + 4 < free[row] || (phase && right - left < width + 6)) continue;
    context.fillStyle = colour(phase ? 'muted' : `band-${kind}-text`);
    context.fillText(name, left + 4, area.y + 2 + 13 * row);
    free[row] = left + 10 + width;
  }
  context.restore();
}

/// A plotter of dygraphs that marks rows with a count, above the areas that were drawn before.
function marksPlotter(timeline, name) {
  return ({drawingContext: context, plotArea: area, dygraph: chart, seriesIndex, seriesCount}) => {
    if (seriesIndex !== seriesCount - 1) return;
    context.fillStyle = colour('mark');
    (timeline[name] ?? []).forEach((value, i) => {
      const x = chart.toDomXCoord(timeline.end_s[i]);
      if (value > 0 && x >= area.x && x <= area.x + area.w) context.fillRect(x - 1.5, area.y + area.h - 9, 3, 9);
    });
  };
}

/// Highest and mean value of a series, for those who do not see the chart.
function inWords(spec, rows) {
  return spec.series.map((one, i) => {
    const values = rows.map(row => row[i + 1]).filter(isNumber);
    if (values.length === 0) return `${one.label}: no values`;
    const text = one.text ?? spec.text;
    return `${one.label}: at most ${text(largest(values))}, mean ${text(sum(values) / values.length)}`;
  }).join('; ') + '. Arrow keys move the cursor, + and - zoom, Escape ends it.';
}

function showCursor(row) {
  const {charts, rows, run, readout} = overTime;
  overTime.busy = true;
  for (const {chart, spec, data, setValues} of charts) {
    if (row === null) chart.clearSelection();
    else chart.setSelection(row);
    const values = row === null ? null : data()[row];
    setValues(values && spec.series.map((one, i) => isNumber(values[i + 1]) ? (one.text ?? spec.text)(one.exact ? one.exact(values[i + 1]) : values[i + 1]) : noValue));
  }
  overTime.busy = false;
  if (row === null || rows[row] === undefined) {
    readout.textContent = overTime.hint;
    return;
  }
  const at = rows[row];
  const started = Date.parse(run.summary?.load_started_at ?? run.run?.load_started_at ?? '');
  const names = [...new Set((run.bands ?? []).filter(band => band.from_s <= at && at <= (band.to_s ?? Infinity)).map(band => `${band.kind} ${band.name}`))];
  const parts = [clock(at, run.interval_s < 1 ? 1 : 0)];
  const time = isoTime(started + at * 1000);
  if (time) parts.push(utc(time));
  const unexpected = run.timeline.unexpected?.[row];
  if (unexpected > 0) parts.push(`${count(unexpected)} unexpected`);
  readout.textContent = [...parts, ...names].join(' · ');
}

/// Zooms all charts to [from, until], or to the whole run if null. chosen: of the choices above the charts.
function zoomTo(range, chosen = range === null ? 'all' : 'part') {
  overTime.zoomed = range;
  overTime.busy = true;
  for (const {chart} of overTime.charts) chart.updateOptions({dateWindow: range});
  overTime.busy = false;
  if (overTime.reset) overTime.reset.disabled = range === null;
  if (overTime.select) overTime.select.value = chosen;
}

function zoomByKey(row, closer) {
  const {rows} = overTime;
  const [from, until] = overTime.zoomed ?? [rows[0], lastOf(rows)];
  const middle = row === null ? (from + until) / 2 : rows[row];
  const width = (until - from) * (closer ? 0.5 : 2);
  if (width >= lastOf(rows) - rows[0]) return zoomTo(null);
  const start = Math.min(Math.max(rows[0], middle - width / 2), lastOf(rows) - width);
  return zoomTo([start, start + width]);
}

/// Options of every chart over time, which keep cursor and zoom the same in all.
function sharedTimeOptions() {
  return {
    highlightCallback: (event, x, points, row) => { if (!overTime.busy) showCursor(row); },
    unhighlightCallback: () => { if (!overTime.busy) showCursor(null); },
    drawCallback: (chart, initial) => {
      if (initial || overTime.busy) return;
      const range = chart.isZoomed('x') ? chart.xAxisRange() : null;
      if (String(range) !== String(overTime.zoomed)) zoomTo(range);
    },
    dateWindow: overTime.zoomed,
  };
}

/// Adds a chart over time, which shares cursor and zoom. data(): its rows.
function addTimeChart(plot, spec, data, setValues, options) {
  const chart = makeChart(plot, data(), spec.series, {...sharedTimeOptions(), ...options,
    axes: {...options.axes, x: {ticker: timeTicks}}});
  overTime.charts = overTime.charts.filter(one => one.plot.isConnected);
  overTime.charts.push({chart, plot, spec, data, setValues});
  cursorByKeys(plot, () => overTime.rows.length, showCursor, zoomByKey);
  return chart;
}

function timeChartOptions(spec, run) {
  const ticks = text => (from, until) => logTicks(Math.max(from, 1e-6), until, text);
  const right = spec.series.some(one => one.right);
  return {
    stackedGraph: Boolean(spec.stacked), includeZero: !spec.log, fillAlpha: spec.stacked ? 0.75 : 0.25, connectSeparatedPoints: false,
    underlayCallback: (context, area, chart) => paintBands(context, area, chart, run),
    ...(spec.marks ? {plotter: [Dygraph.Plotters.fillPlotter, Dygraph.Plotters.linePlotter, marksPlotter(run.timeline, spec.marks)]} : {}),
    axes: {y: spec.log ? {ticker: ticks(shortMilliseconds), logscale: true}
                       : {axisLabelFormatter: value => value < 0 ? '' : shortCount(value)},
           ...(right ? {y2: {axisLabelFormatter: value => value < 0 ? '' : shortCount(value), valueRange: [0, null]}} : {})},
    ...(spec.log ? {logscale: true} : {}),
  };
}

/// Ranges that can be chosen instead of dragging: phases, and the first occurrences of spikes and conditions.
function zoomChoices(run) {
  const choices = [['all', 'the whole run'], ['part', 'a part']];
  if (run.live) choices.push(['recent', 'the last five minutes']);
  (run.bands ?? []).slice(0, 60).forEach((band, i) => choices.push([String(i), `${band.kind} ${band.name}, ${clock(band.from_s)} to ${isNumber(band.to_s) ? clock(band.to_s) : 'now'}`]));
  return choices;
}

function chooseZoom(value) {
  const {run, rows} = overTime;
  if (value === 'all') return zoomTo(null);
  if (value === 'part') return zoomTo(overTime.zoomed);
  if (value === 'recent') return zoomTo([Math.max(rows[0], lastOf(rows) - 300), lastOf(rows)], value);
  const band = run.bands[Number(value)];
  return zoomTo([Math.max(rows[0], band.from_s), Math.min(lastOf(rows), band.to_s ?? Infinity)], value);
}

function drawOverTime(page) {
  const run = page.runs[0];
  overTime.charts = [];
  overTime.run = run;
  if (!run.timeline?.end_s || run.timeline.end_s.length === 0) return fill('over-time');
  const grid = timeGrid(page.runs);
  const widths = page.runs.map(one => intervalsOf(one.timeline ?? {}));
  overTime.rows = grid.x;
  overTime.hint = 'Drag to zoom all charts, double click for the whole run; or focus a chart and use arrow keys, + and -.';
  overTime.readout = element('p', {class: 'readout', role: 'status'}, overTime.hint);
  overTime.reset = button('Whole run', () => zoomTo(null), {disabled: overTime.zoomed === null, id: 'zoom-reset'});
  const chosen = page.live && overTime.select?.value === 'recent' ? 'recent' : overTime.zoomed ? 'part' : 'all';
  const zoom = choice('Show', zoomChoices({...run, live: page.live}), chosen, chooseZoom, {id: 'zoom'});
  overTime.select = zoom.querySelector('select');
  const specs = timeChartSpecs(page).map(spec => withOtherRuns(spec, page));
  const made = specs.map(spec => {
    const rows = timeRows(spec, page, grid, widths);
    const one = {spec, rows, ...chartFigure(spec.id, spec.title, spec.series, inWords(spec, rows), spec.note)};
    one.data = () => one.rows;
    return one;
  });
  fill('over-time',
    element('div', {class: 'section-head'}, element('h2', {id: 'over-time-title'}, 'Over time'), element('div', {class: 'tools'}, zoom, overTime.reset)),
    overTime.readout,
    element('div', {class: 'charts'}, made.map(one => one.figure)),
    phaseTable(run));
  for (const one of made) one.chart = addTimeChart(one.plot, one.spec, one.data, one.setValues, timeChartOptions(one.spec, run));
  overTime.made = made;
}

/// New rows of a live run. The first value of a series that was not shown, such as of an outcome, or of a log scale draws the charts again.
function extendOverTime(page) {
  const shown = specs => specs.map(spec => `${spec.series.length} ${spec.log}`).join();
  if (shown(timeChartSpecs(page).map(spec => withOtherRuns(spec, page))) !== shown((overTime.made ?? []).map(one => one.spec))) return drawOverTime(page);
  const grid = timeGrid(page.runs);
  const widths = page.runs.map(one => intervalsOf(one.timeline ?? {}));
  overTime.rows = grid.x;
  if (overTime.select?.value === 'recent') overTime.zoomed = [Math.max(grid.x[0], lastOf(grid.x) - 300), lastOf(grid.x)];
  overTime.busy = true;
  for (const one of overTime.made ?? []) {
    one.rows = timeRows(one.spec, page, grid, widths);
    one.chart.updateOptions({file: one.rows, dateWindow: overTime.zoomed});
  }
  overTime.busy = false;
  return null;
}

function phaseTable(run) {
  const phases = run.summary?.phases ?? [];
  if (phases.length === 0) return null;
  const figure = (title, of, text) => ({title, number: true, value: of, of: row => text(of(row))});
  return element('div', {class: 'card', id: 'phases'}, element('h3', {}, 'Phases'), table('Phases', [
    {title: 'phase', head: true, of: row => [row.name, row.judged === false && element('span', {class: 'badge warn'}, 'not judged: the generator was late')]},
    figure('asked', row => row.asked_rate_per_s, rate), figure('achieved', row => row.achieved_rate_per_s, rate),
    figure('due', row => row.due, count), figure('sent', row => row.sent, count), figure('unexpected', row => row.unexpected, count),
    figure('e2e p50', row => row.e2e?.p50_ms, milliseconds), figure('p95', row => row.e2e?.p95_ms, milliseconds),
    figure('p99', row => row.e2e?.p99_ms, milliseconds), figure('lag p99', row => row.lag?.p99_ms, milliseconds)], phases));
}
