// Latency beyond lines: heat map over time, percentile curves, histograms.

/// Shades between the colours of the page for the heat map, from few requests to many.
function heatColours(steps) {
  const parts = name => colour(name).match(/[0-9a-f]{2}/gi).map(text => parseInt(text, 16));
  const stops = ['heat-0', 'heat-1', 'heat-2'].map(parts);
  return Array.from({length: steps}, (_, i) => {
    const at = i / (steps - 1) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(at));
    const mixed = stops[low].map((part, k) => Math.round(part + (stops[low + 1][k] - part) * (at - low)));
    return `rgb(${mixed.join(',')})`;
  });
}

function paintHeatMap(context, area, chart, map) {
  const shades = heatColours(32);
  const most = Math.log(1 + Math.max(...map.counts.map(row => Math.max(0, ...row))));
  context.save();
  context.beginPath();
  context.rect(area.x, area.y, area.w, area.h);
  context.clip();
  const heights = map.edges_ms.map(edge => chart.toDomYCoord(Math.log10(Math.max(edge, smallestShown))));
  map.counts.forEach((row, i) => {
    const right = chart.toDomXCoord(map.end_s[i]);
    const left = chart.toDomXCoord(i > 0 ? map.end_s[i - 1] : map.end_s[i] - map.interval_s);
    if (right < area.x || left > area.x + area.w) return;
    row.forEach((number, k) => {
      if (number <= 0) return;
      context.fillStyle = shades[Math.max(0, Math.min(shades.length - 1, Math.round(Math.log(1 + number) / most * (shades.length - 1))))];
      context.fillRect(left, heights[k + 1], Math.max(1, right - left + 0.4), heights[k] - heights[k + 1] + 0.4);
    });
  });
  context.restore();
}

/// Indexes of the first and the last row of edges with requests.
function usedEdges(map) {
  let low = map.edges_ms.length - 2, high = 0;
  for (const row of map.counts)
    row.forEach((number, k) => {
      if (number <= 0) return;
      low = Math.min(low, k);
      high = Math.max(high, k);
    });
  return [low, high];
}

function drawHeatMap(page) {
  const run = page.runs[0];
  const map = run.heat_map;
  if (!map?.counts?.some(row => row.some(number => number > 0))) return fill('heat-map');
  const [low, high] = usedEdges(map);
  const exponent = edge => Math.log10(Math.max(edge, smallestShown));
  const range = [exponent(map.edges_ms[low]), exponent(map.edges_ms[high + 1])];
  const pad = (range[1] - range[0]) * 0.04 + 0.01;
  const most = Math.max(...map.counts.map(row => Math.max(...row)));
  const line = (name, label, colourName) => ({label, colour: colourName, width: 1.4, run: 0, exact: value => 10 ** value,
    of: timeline => i => isNumber(timeline[name]?.[i]) ? exponent(timeline[name][i]) : null});
  const spec = {text: milliseconds, series: [line('e2e_p50', 'p50', 'heat-p50'), line('e2e_p99', 'p99', 'heat-p99')]};
  const rows = overTime.rows.map((x, i) => [x, ...spec.series.map(one => one.of(run.timeline)(i))]);
  const {figure, plot, setValues} = chartFigure('heat-map', 'Heat map of e2e over time', spec.series,
    `Requests between ${milliseconds(map.edges_ms[low])} and ${milliseconds(map.edges_ms[high + 1])}, at most ${count(most)} in a cell. Arrow keys move the cursor.`,
    'a cell: requests that completed in an interval with a latency in a range, log scale');
  figure.querySelector('figcaption').append(element('p', {class: 'scale', 'aria-hidden': 'true'}, '1', element('span', {class: 'ramp'}), `${count(most)} ${most === 1 ? 'request' : 'requests'}`));
  plot.classList.add('tall');
  fill('heat-map', figure);
  addTimeChart(plot, spec, () => rows, setValues, {
    valueRange: [range[0] - pad, range[1] + pad],
    underlayCallback: (context, area, chart) => {
      paintHeatMap(context, area, chart, map);
      paintBands(context, area, chart, {bands: (run.bands ?? []).filter(band => band.kind === 'phase')});
    },
    axes: {y: {ticker: (from, until) => exponentTicks(from, until, shortMilliseconds)}}});
}

/// Distance of a percentile on an axis that gives each further nine the same width.
function nines(fraction) {
  return -Math.log10(1 - fraction);
}

const latencyChoice = {curve: 'e2e', metric: 'e2e', key: 'all'}; // kept when the parts are drawn again

const percentileTicks = [[0, '0 %'], [0.5, '50 %'], [0.9, '90 %'], [0.99, '99 %'], [0.999, '99.9 %'], [0.9999, '99.99 %'], [0.99999, '99.999 %']];

/// Curves by x in one table of rows; a curve without a value at x has null there.
function joinCurves(curves) {
  const rows = new Map();
  curves.forEach((points, i) => points.forEach(([x, y]) => {
    const key = x.toFixed(6);
    if (!rows.has(key)) rows.set(key, [x, ...curves.map(() => null)]);
    rows.get(key)[i + 1] = y;
  }));
  return [...rows.values()].sort((a, b) => a[0] - b[0]);
}

/// A chart of its own, with cursor and keys. text(row): what the cursor is at.
function drawCurves(container, id, title, series, rows, options, description, at, text) {
  const {figure, plot, setValues} = chartFigure(id, title, series, description, null, false);
  const readout = element('p', {class: 'readout', role: 'status'});
  figure.append(readout);
  container.replaceChildren(figure);
  let busy = false;
  const show = row => {
    busy = true;
    if (row === null) chart.clearSelection();
    else chart.setSelection(row);
    busy = false;
    readout.textContent = row === null ? '' : at(rows[row][0]);
    setValues(row === null ? null : series.map((_, i) => isNumber(rows[row][i + 1]) ? text(rows[row][i + 1]) : ''));
  };
  const chart = makeChart(plot, rows, series, {
    highlightCallback: (event, x, points, row) => { if (!busy) show(row); },
    unhighlightCallback: () => { if (!busy) show(null); },
    connectSeparatedPoints: true, ...options});
  cursorByKeys(plot, () => rows.length, show);
}

/// Curves of a hop: of the run, from begun if it has them, of other runs, and the baseline's percentiles.
function curvesOf(page, hop) {
  const curves = [];
  const add = (label, points, look) => points && points.length > 0 &&
    curves.push({label, ...look, points: points.filter(([fraction]) => fraction < 1).map(([fraction, ms]) => [nines(fraction), Math.max(ms, smallestShown)])});
  page.runs.forEach((run, i) => {
    const find = metric => run.percentile_curves?.find(curve => curve.metric === metric)?.points;
    const begun = find(`${hop}_from_begun`);
    const name = i > 0 ? `run ${i + 1}, ` : '';
    add(`${name}${begun ? 'from due' : hop}`, find(hop), {colour: i === 0 ? 'blue' : 'orange', dash: dashes[i % dashes.length], width: 2});
    if (i === 0) add('from begun, without the generator’s lag', begun, {colour: 'p99', dash: [5, 3]});
  });
  const old = page.baseline?.percentiles?.[hop];
  if (old)
    add('baseline', [[0.5, old.p50_ms], [0.9, old.p90_ms], [0.95, old.p95_ms], [0.99, old.p99_ms]].filter(([, ms]) => isNumber(ms)),
        {colour: 'baseline', dash: [3, 3]});
  return curves;
}

function drawPercentiles(page) {
  const metrics = (page.runs[0].percentile_curves ?? []).map(curve => curve.metric).filter(metric => !metric.endsWith('_from_begun'));
  if (metrics.length === 0) return fill('percentiles');
  const container = element('div');
  const first = [latencyChoice.curve, 'e2e'].find(metric => metrics.includes(metric)) ?? metrics[0];
  const draw = hop => {
    latencyChoice.curve = hop;
    const curves = curvesOf(page, hop);
    const rows = joinCurves(curves.map(curve => curve.points));
    const furthest = Math.max(...rows.map(row => row[0]));
    const named = fraction => `${Number(((1 - 10 ** -fraction) * 100).toFixed(fraction > 4 ? 4 : fraction > 3 ? 3 : 2))} %`;
    const words = percentileTicks.slice(1).map(([fraction, name]) => {
      const row = rows.find(one => Math.abs(one[0] - nines(fraction)) < 1e-3);
      return row && isNumber(row[1]) ? `${name}: ${milliseconds(row[1])}` : null;
    }).filter(Boolean).join(', ');
    drawCurves(container, 'percentiles', `Percentiles of ${hop}`, curves, rows, {
      logscale: true,
      axes: {x: {ticker: (from, until, pixels) => percentileTicks.filter(([fraction], i) => nines(fraction) <= furthest + 0.05 && (i > 0 || nines(0.5) / furthest * pixels > 40))
        .map(([fraction, label]) => ({v: nines(fraction), label}))},
             y: {logscale: true, ticker: (from, until) => logTicks(Math.max(from, 1e-6), until, shortMilliseconds)}},
    }, `${words}. Arrow keys move the cursor.`, x => `${named(x)} of the requests took no longer`, milliseconds);
  };
  fill('percentiles',
    element('div', {class: 'section-head'}, element('h3', {}, 'Percentile curve'),
      choice('Hop', metrics.map(metric => [metric, metric]), first, draw, {id: 'percentiles-hop'})),
    container,
    element('p', {class: 'quiet'}, 'From due: as a user waits. From begun: without the lag of the load generator; the distance of the two lines is the generator’s own lateness.'));
  draw(first);
}

const histogramColours = ['blue', 'orange', 'green', 'purple', 'red', 'sky', 'asked', 'state-busy'];

function labelOf(histogram, key) {
  return key === 'all' ? 'all requests' : histogram.labels[key];
}

/// Histograms of a hop, split by a label; the most samples first, as many as there are colours.
function histogramsOf(run, metric, key) {
  return (run.histograms ?? []).filter(one => one.metric === metric && one.counts?.length > 0 &&
      (key === 'all' ? Object.keys(one.labels ?? {}).length === 0 : Object.keys(one.labels ?? {}).join() === key))
    .sort((a, b) => b.samples - a.samples).slice(0, histogramColours.length);
}

function drawHistogram(page) {
  const run = page.runs[0];
  const metrics = [...new Set((run.histograms ?? []).map(one => one.metric))];
  if (metrics.length === 0) return fill('histogram');
  const chosen = latencyChoice;
  if (!metrics.includes(chosen.metric)) chosen.metric = metrics.includes('e2e') ? 'e2e' : metrics[0];
  const container = element('div');
  const tools = element('div', {class: 'tools'});
  const keysOf = metric => ['all', 'service', 'phase', 'segment', 'condition'].filter(key => histogramsOf(run, metric, key).length > 0);
  const draw = () => {
    const keys = keysOf(chosen.metric);
    if (!keys.includes(chosen.key)) chosen.key = keys[0];
    tools.replaceChildren(
      choice('Hop', metrics.map(metric => [metric, metric]), chosen.metric, metric => { chosen.metric = metric; draw(); document.getElementById('histogram-hop').focus(); }, {id: 'histogram-hop'}),
      choice('by', keys.map(key => [key, key === 'all' ? 'all requests' : key]), chosen.key, key => { chosen.key = key; draw(); document.getElementById('histogram-by').focus(); }, {id: 'histogram-by'}));
    const parts = histogramsOf(run, chosen.metric, chosen.key).map((one, i) => ({one, label: labelOf(one, chosen.key), colour: histogramColours[i]}));
    if (chosen.key === 'all')
      page.runs.slice(1).forEach((other, i) => histogramsOf(other, chosen.metric, 'all').forEach(one => parts.push({one, label: `run ${i + 2}`, colour: 'orange', dash: dashes[(i + 1) % dashes.length]})));
    const first = Math.min(...parts.map(part => part.one.first)) - 1;
    const last = Math.max(...parts.map(part => part.one.first + part.one.counts.length)) + 1;
    const rows = [];
    for (let bucket = first; bucket < last; ++bucket)
      rows.push([bucket / 20, ...parts.map(({one}) => (one.counts[bucket - one.first] ?? 0) / one.samples * 100)]);
    const series = parts.map(part => ({label: part.label, colour: part.colour, dash: part.dash, step: true, fill: parts.length === 1, width: 1.6}));
    const edge = exponent => milliseconds(10 ** exponent / 1000);
    drawCurves(container, 'histogram', `Histogram of ${chosen.metric}`, series, rows, {
      includeZero: true,
      axes: {x: {ticker: (from, until) => exponentTicks(from - 3, until - 3, shortMilliseconds).map(tick => ({v: tick.v + 3, label: tick.label}))},
             y: {axisLabelFormatter: value => `${Number(value.toFixed(1))} %`}},
    }, `Share of the requests by latency, log scale. Figures in the table below. Arrow keys move the cursor.`, x => `${edge(x)} to ${edge(x + 1 / 20)}`, value => `${value.toFixed(1)} %`);
    const figure = (title, key) => ({title, number: true, of: part => milliseconds(part.one[key]), value: part => part.one[key]});
    container.append(table(`Latency of ${chosen.metric}`, [
      {title: chosen.key === 'all' ? 'of' : chosen.key, head: true, of: part => part.label},
      figure('mean', 'mean_ms'), figure('p50', 'p50_ms'), figure('p90', 'p90_ms'), figure('p99', 'p99_ms'), figure('max', 'max_ms'),
      {title: 'samples', number: true, of: part => count(part.one.samples)}], parts));
  };
  fill('histogram', element('div', {class: 'section-head'}, element('h3', {}, 'Histogram'), tools), container);
  draw();
}
