// The page of a capacity search: the number, latency over load, each step's hops, table of the steps. Data: capacity.json.

const stepWords = {holds: 'holds', broken: 'broken', unclear: 'unclear', generator_limit: 'generator', no_data: 'no data', stopped: 'stopped'};
const stepClasses = {holds: 'pass', broken: 'fail', generator_limit: 'warn'};

function loadText(page, load) {
  if (!isNumber(load)) return noValue;
  const number = load >= 1000 ? count(load) : String(Number(load.toPrecision(4)));
  return {rate: `${number}/s`, vehicles: `${number} vehicles`, connectRate: `${number} connects/s`}[page.metric] ?? number;
}

function shortLoad(page, load) {
  return page.metric === 'vehicles' ? shortCount(load) : `${shortCount(load)}/s`;
}

function drawCapacityResult(page) {
  const verdict = {0: 'pass', 99: 'fail', 5: 'no data'}[page.exit_code] ?? 'invalid';
  const word = isNumber(page.capacity) ? `${page.is_floor ? '≥ ' : ''}${loadText(page, page.capacity)}` : 'no number';
  document.title = `${word}: capacity of ${page.scenario} – loadsim`;
  const interval = isNumber(page.capacity) && isNumber(page.lowest_broken_load)
    ? `${loadText(page, page.capacity)} to ${loadText(page, page.lowest_broken_load)}` : noValue;
  return fill('verdict',
    element('div', {class: `banner ${verdict.replace(' ', '-')}`},
      element('p', {class: 'word number-word', 'data-capacity': page.capacity}, word),
      element('div', {}, element('h1', {}, page.scenario), element('p', {class: 'sentence'}, page.sentence))),
    facts([['started', utc(page.started_at)], ['lasted', duration(page.duration_ms / 1000)], ['target', page.target], ['seed', String(page.seed)],
           ['loadsim', page.version]]),
    element('dl', {class: 'tiles'},
      tile('capacity between', interval, 'highest load that holds, lowest that is broken'),
      tile('gave way first', page.first_broken_budget ?? noValue, 'budget'),
      tile('knee', page.knee ? loadText(page, page.knee.load) : noValue,
        page.knee ? `p99 ${milliseconds(page.knee.p99_ms)}; above, latency rises most` : 'latency over load does not bend',
        {figure: 'knee', value: page.knee?.load}),
      isNumber(page.at_least) && tile('asked for', loadText(page, page.at_least), {pass: 'holds', fail: 'does not hold'}[verdict] ?? 'not known')));
}

/// Upper limits of percentiles of the latency of the curve, of all requests.
function curveLimits(page) {
  const limits = new Map();
  for (const step of page.steps)
    for (const budget of step.budgets ?? [])
      if (budget.unit === 'ms' && budget.metric?.startsWith(`${page.curve}.`) && budget.operator?.startsWith('<') && budget.limit > 0)
        limits.set(budget.expression, budget.limit);
  return [...limits].map(([expression, limit]) => ({expression, limit}));
}

/// Behind the curve: loads that are broken, the knee, and a mark on each broken step.
function paintCapacity(context, area, chart, page) {
  const at = load => chart.toDomXCoord(Math.log10(load));
  context.save();
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = 'top';
  if (isNumber(page.lowest_broken_load)) {
    const left = Math.max(area.x, at(page.lowest_broken_load));
    context.fillStyle = colour('bad-soft');
    context.fillRect(left, area.y, area.x + area.w - left, area.h);
    context.fillStyle = colour('bad');
    context.textAlign = area.x + area.w - left > 50 ? 'left' : 'right';
    context.fillText('broken', left + (context.textAlign === 'left' ? 4 : -4), area.y + 2);
  }
  if (page.knee) {
    const x = Math.round(at(page.knee.load)) + 0.5;
    context.strokeStyle = colour('muted');
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(x, area.y);
    context.lineTo(x, area.y + area.h);
    context.stroke();
    context.fillStyle = colour('muted');
    context.textAlign = 'right';
    context.fillText('knee', x - 4, area.y + 18);
  }
  context.restore();
}

function paintBrokenSteps(context, area, chart, page) {
  context.save();
  context.strokeStyle = colour('bad');
  context.lineWidth = 2;
  for (const step of page.steps.filter(one => one.result === 'broken')) {
    const latency = step.latency[page.curve];
    const value = latency?.p99_ms ?? latency?.p50_ms;
    if (!(value > 0)) continue;
    const x = chart.toDomXCoord(Math.log10(step.load)), y = chart.toDomYCoord(value);
    context.beginPath();
    context.moveTo(x - 5, y - 5);
    context.lineTo(x + 5, y + 5);
    context.moveTo(x - 5, y + 5);
    context.lineTo(x + 5, y - 5);
    context.stroke();
  }
  context.restore();
}

function drawCapacityCurve(page) {
  const shown = (page.steps ?? []).filter(step => step.load > 0 && step.latency?.[page.curve]);
  if (shown.length === 0) return fill('chart');
  const limits = curveLimits(page);
  const limitDashes = dashes.slice(1);
  const series = [{label: 'p50', of: 'p50_ms', colour: 'p50'}, {label: 'p99', of: 'p99_ms', colour: 'p99', width: 2}, {label: 'p99.9', of: 'p999_ms', colour: 'max'}]
    .filter(one => shown.some(step => isNumber(step.latency[page.curve][one.of]))).map(one => ({...one, points: true}));
  const lines = limits.map((one, i) => ({label: one.expression, colour: 'asked', dash: limitDashes[i % limitDashes.length], width: 1.3}));
  const rows = shown.map(step => [Math.log10(step.load),
    ...series.map(one => isNumber(step.latency[page.curve][one.of]) ? Math.max(step.latency[page.curve][one.of], smallestShown) : null),
    ...limits.map(one => one.limit)]);
  const width = rows[rows.length - 1][0] - rows[0][0];
  const margin = width > 0 ? width * 0.04 : 0.1;
  const words = shown.map(step => `${loadText(page, step.load)}: p99 ${milliseconds(step.latency[page.curve].p99_ms)}, ${stepWords[step.result] ?? step.result}`).join('; ');
  const container = element('div');
  fill('chart', element('h2', {id: 'chart-title'}, 'Latency over load'),
    element('p', {class: 'quiet'}, `${page.curve} by ${page.unit}, both in log scale. Crosses and red: a budget is missed. Dashed lines: limits of budgets.`), container);
  drawCurves(container, 'capacity', `Latency of ${page.curve} over load`, [...series, ...lines], rows, {
    logscale: true, pointSize: 3, yRangePad: 12, dateWindow: [rows[0][0] - margin, rows[rows.length - 1][0] + margin],
    underlayCallback: (context, area, chart) => paintCapacity(context, area, chart, page),
    drawCallback: chart => paintBrokenSteps(chart.canvas_ctx_ ?? chart.hidden_ctx_, chart.getArea(), chart, page),
    axes: {x: {ticker: (from, until) => exponentTicks(from, until, load => shortLoad(page, load))},
           y: {logscale: true, ticker: (from, until) => logTicks(Math.max(from, 1e-6), until, shortMilliseconds)}},
  }, `${words}. Arrow keys move the cursor.`, x => loadText(page, shown.find(step => Math.log10(step.load) === x)?.load), milliseconds);
}

/// Sections of a request, or of a connect, that follow each other.
function stepHops(page) {
  const sections = page.metric === 'connectRate'
    ? {hops: ['sessions.tcp', 'sessions.tls', 'sessions.connack'], whole: 'sessions.connect'} : {hops: successiveHops, whole: 'e2e'};
  return {...sections, hops: sections.hops.filter(hop => page.steps.some(step => step.latency?.[hop]?.mean_ms > 0))};
}

function drawCapacityHops(page) {
  const {hops, whole} = stepHops(page);
  if (hops.length === 0) return fill('hops');
  const short = name => name.replace('sessions.', '');
  const rows = page.steps.filter(step => step.latency?.[whole]).map(step => {
    const mean = hop => step.latency[hop]?.mean_ms ?? 0;
    const length = sum(hops.map(mean));
    return {name: [loadText(page, step.load), step.result === 'broken' && element('span', {class: 'badge fail'}, 'broken')],
            values: Object.fromEntries([...hops, whole].map(hop => [short(hop), mean(hop)])), length, end: Math.max(length, mean(whole)) * 1.01};
  });
  return fill('hops', element('h2', {id: 'hops-title'}, 'Where the time goes'),
    element('p', {class: 'quiet'}, `Mean of each section by load, as shares of ${whole}: a bar has the same length at each load.`),
    hopTable('Hops by load', hops.map(short), rows, null, short(whole)));
}

function stepBadge(step) {
  return [element('span', {class: `badge ${stepClasses[step.result] ?? ''}`}, stepWords[step.result] ?? step.result),
          step.as_observed && element('span', {class: 'detail', title: 'a limit is within the interval'}, 'as observed')];
}

function drawCapacitySteps(page) {
  const percentile = (title, key) => ({title, number: true, value: step => step.latency?.[page.curve]?.[key], of: step => {
    const interval = step.latency?.[page.curve]?.[key.replace('_ms', '_interval_ms')];
    return element('span', {title: interval ? `95 % interval: ${milliseconds(interval[0])} to ${milliseconds(interval[1])}` : null},
      milliseconds(step.latency?.[page.curve]?.[key]));
  }});
  return fill('table', element('h2', {id: 'table-title'}, plural(page.steps.length, 'step')),
    table('Steps by load', [
      {title: 'load', head: true, of: step => loadText(page, step.load)},
      {title: 'result', of: stepBadge},
      {title: 'order', number: true, of: step => count(step.number)},
      {title: 'repetitions', number: true, of: step => count(step.repetitions)},
      {title: 'measured', number: true, of: step => duration(step.measured_ms / 1000)},
      {title: 'achieved', number: true, of: step => loadText(page, step.achieved_load)},
      ...(page.curve ? [percentile('p50', 'p50_ms'), percentile('p99', 'p99_ms'), percentile('p99.9', 'p999_ms'),
        {title: 'samples', number: true, of: step => count(step.latency?.[page.curve]?.samples ?? 0)}] : []),
      {title: 'unexpected', number: true, of: step => count(step.requests?.unexpected)},
      {title: 'lag p99', number: true, of: step => milliseconds(step.lag_p99_ms)},
      {title: 'what decided', class: 'quiet', of: step => step.reason}],
    page.steps, {row: step => ({class: stepClasses[step.result] ?? null, 'data-load': step.load})}),
    element('p', {class: 'quiet'}, `${noValue}: too few samples. Repetitions of a load count together.`));
}

function drawCapacityNotes(page) {
  const unjudged = page.unjudged_budgets ?? [];
  if (unjudged.length === 0) return fill('notes');
  return fill('notes', element('h2', {id: 'notes-title'}, 'Budgets that steps are not judged by'),
    element('ul', {class: 'plain'}, unjudged.map(one => element('li', {}, element('code', {}, one.expression), ` ${one.reason}`))));
}
