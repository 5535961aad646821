// The top of the page: warnings, verdict with its sentence and the figures behind it, budgets, several runs.

const verdictMarks = {pass: '✓', fail: '✗', invalid: '!', 'no data': '?', undecided: '?', running: '▸', unfinished: '?'};

function verdictOf(page, run) {
  if (page.live) return 'running';
  return run.summary?.verdict ?? 'unfinished';
}

function verdictSentences(page, run) {
  if (page.live) return ['The run is under way. Its verdict follows when it has ended.'];
  const summary = run.summary;
  if (!summary && !run.timeline?.end_s?.length) return ['The folder has neither a summary nor a timeline that can be read.'];
  if (!summary && (run.files ?? []).some(name => name.split('/').pop() === 'summary.json'))
    return ['The summary of this run cannot be read: the warnings say why. This is what its other files have.'];
  if (!summary)
    return ['The run left no summary: it was killed, or has not ended yet. This is what it wrote until then.'];
  const reasons = summary.verdict_reasons ?? [];
  if (summary.verdict !== 'pass') return reasons.length > 0 ? reasons : ['No reason is given.'];
  const budgets = summary.budgets ?? [];
  const held = budgets.filter(budget => budget.verdict === 'pass').length;
  const kept = budgets.length === 0 ? 'No budget was asked for' :
    held < budgets.length ? `${held} of ${plural(budgets.length, 'budget')} held` :
    held === 1 ? 'The budget was held' : `All ${held} budgets were held`;
  const unexpected = summary.requests?.unexpected ?? 0;
  return [`${kept}; ${unexpected === 0 ? 'none' : count(unexpected)} of ${plural(summary.requests?.due, 'request')} ${unexpected > 1 ? 'were' : 'was'} unexpected.`,
          ...reasons];
}

function drawWarnings(page) {
  const warnings = page.runs.flatMap((run, i) =>
    (run.warnings ?? []).map(text => page.runs.length > 1 ? `${runName(page, i)}: ${text}` : text));
  if (warnings.length === 0) return fill('warnings');
  const list = warnings.map(text => element('li', {}, text));
  return fill('warnings', element('h2', {}, plural(warnings.length, 'warning')),
    element('ul', {}, list.slice(0, 5)),
    list.length > 5 && element('details', {}, element('summary', {}, `${list.length - 5} more`), element('ul', {}, list.slice(5))));
}

function runName(page, index) {
  return page.runs[index].folder || `run ${index + 1}`;
}

/// A figure with its name, for the row below the verdict.
function tile(name, value, note, attributes = {}) {
  return element('div', {class: `tile ${attributes.class ?? ''}`},
    element('dt', {}, name),
    element('dd', {}, element('span', {class: 'value', 'data-figure': attributes.figure, 'data-value': attributes.value}, value),
      note && element('span', {class: 'note'}, note)));
}

function zeroIsGood(value) {
  return value === null ? '' : value > 0 ? 'bad' : 'good';
}

function keyFigures(run, progress) {
  const totals = totalsOf(run, progress);
  const latencies = latenciesOf(run);
  const {e2e} = latencies;
  const timeline = run.timeline ?? {};
  const share = hopShares(latencies);
  const platform = share && 1 - (share.find(part => part.hop === 'vehicle')?.share ?? 0);
  const tiles = [
    tile('requests', count(totals.due ?? totals.sent),
      [totals.due === null ? 'sent' : `${count(totals.sent)} sent`,
       isNumber(totals.planned) && totals.planned !== totals.due ? `, of ${count(totals.planned)} planned` : ''].join(''),
      {figure: 'due', value: totals.due}),
    tile('unexpected', count(totals.unexpected),
      totals.due > 0 && totals.unexpected > 0 ? `${percent(totals.unexpected / totals.due)} of the requests` : 'outcomes not expected',
      {class: zeroIsGood(totals.unexpected), figure: 'unexpected', value: totals.unexpected}),
    totals.anomalies !== null && tile('anomalies', count(totals.anomalies), 'must never happen',
      {class: zeroIsGood(totals.anomalies), figure: 'anomalies', value: totals.anomalies})];
  if (e2e)
    tiles.push(tile('e2e p50', milliseconds(e2e.p50_ms), 'half of the requests', {figure: 'e2e.p50_ms', value: e2e.p50_ms}),
               isNumber(e2e.p99_ms) ? tile('e2e p99', milliseconds(e2e.p99_ms), `max ${milliseconds(e2e.max_ms)}`,
                                           {figure: 'e2e.p99_ms', value: e2e.p99_ms})
                                    : tile('e2e max', milliseconds(e2e.max_ms), 'too few samples for p99',
                                           {figure: 'e2e.max_ms', value: e2e.max_ms}));
  if (share) tiles.push(tile('platform’s share', percent(platform), 'of the mean time'));
  const online = run.summary?.sessions?.online_peak ?? largest(timeline.online);
  if (isNumber(online)) tiles.push(tile('sessions online', count(online), 'at the peak'));
  return element('dl', {class: 'tiles'}, tiles);
}

function drawVerdict(page, progress) {
  const run = page.runs[0];
  const about = run.summary ?? run.run ?? {};
  const verdict = verdictOf(page, run);
  const [first, ...others] = verdictSentences(page, run);
  const mode = {rehearsal: 'rehearsal in simulated time, against a simulated platform', replay: 'replay of one vehicle of another run'}[about.mode];
  const lasted = page.live ? null : isNumber(run.summary?.duration_ms) ? run.summary.duration_ms / 1000 : lastOf(run.timeline?.end_s);
  const ended = {interrupted: 'interrupted (Ctrl-C)', terminated: 'terminated', aborted: 'aborted', budget: 'ended early by a budget'}[run.summary?.end_reason];
  document.title = `${verdict}: ${about.scenario ?? run.folder ?? 'loadsim'} – loadsim`;
  return fill('verdict',
    element('div', {class: `banner ${verdict.replace(' ', '-')}`},
      element('p', {class: 'word', 'data-verdict': verdict}, element('span', {class: 'mark', 'aria-hidden': 'true'}, verdictMarks[verdict] ?? '?'),
        element('span', {}, verdict)),
      element('div', {},
        element('h1', {}, about.scenario ?? run.folder ?? 'unnamed run'),
        element('p', {class: 'sentence'}, first),
        others.length > 0 && element('ul', {class: 'reasons'}, others.slice(0, 4).map(text => element('li', {}, text))),
        others.length > 4 && element('details', {}, element('summary', {}, `${others.length - 4} more`),
          element('ul', {class: 'reasons'}, others.slice(4).map(text => element('li', {}, text)))))),
    facts([['mode', mode], ['started', about.started_at && utc(about.started_at)],
           ['lasted', isNumber(lasted) ? `${duration(lasted)}${ended ? `, ${ended}` : ''}` : null],
           ['target', about.target], ['from', about.host], ['seed', isNumber(about.seed) ? String(about.seed) : null],
           ['labels', Object.entries(about.labels ?? {}).map(([name, value]) => `${name}=${value}`).join(', ')],
           ['loadsim', about.version]]),
    keyFigures(run, progress));
}

/// Bar of what was seen against the limit: a mark at the limit, a line over the 95 % interval.
function budgetBar(budget) {
  const values = [budget.limit, budget.observed_value ?? 0, ...(budget.interval ?? [])].filter(isNumber);
  const end = Math.max(...values, 0) * 1.08 || 1;
  const at = value => cssPercent(Math.min(1, Math.max(0, value / end)));
  return element('div', {class: `meter ${budgetClass(budget)}`, 'aria-hidden': 'true'},
    isNumber(budget.observed_value) && element('span', {class: 'seen', style: {width: at(budget.observed_value)}}),
    budget.interval && element('span', {class: 'interval', style: {left: at(budget.interval[0]), width: `calc(${at(budget.interval[1])} - ${at(budget.interval[0])})`}}),
    element('span', {class: 'limit', style: {left: at(budget.limit)}}));
}

function budgetClass(budget) {
  if (budget.verdict === 'pass') return 'pass';
  if (budget.verdict === 'fail') return budget.severity === 'warn' ? 'warn' : 'fail';
  return 'undecided';
}

/// The sentence without the budget that it begins with, which is above it.
function sentenceOf(budget) {
  const {sentence, expression} = budget;
  return sentence?.startsWith(`${expression} `) ? sentence.slice(expression.length + 1) : sentence;
}

function budgetWord(budget) {
  if (budget.verdict === 'pass') return budget.close ? 'held, close' : 'held';
  if (budget.verdict === 'fail') return budget.severity === 'warn' ? 'missed (warning)' : 'missed';
  return budget.verdict;
}

/// The baseline's figure of a budget on a percentile of a hop over all requests.
function baselineOfBudget(page, budget) {
  const [, hop, statistic] = /^([a-z0-9]+)\.(p\d+)$/.exec(budget.metric ?? '') ?? [];
  if (!hop || Object.keys(budget.labels ?? {}).length > 0) return null;
  return page.baseline?.percentiles?.[hop]?.[`${statistic}_ms`] ?? null;
}

function drawBudgets(page) {
  const budgets = page.runs[0].summary?.budgets ?? [];
  if (budgets.length === 0) return fill('budgets');
  const order = {fail: 0, undecided: 1, warn: 2, pass: 3};
  const sorted = [...budgets].sort((a, b) => order[budgetClass(a)] - order[budgetClass(b)]);
  const missed = budgets.filter(budget => budgetClass(budget) === 'fail').length;
  const open = ['undecided', 'no data'].map(verdict => [budgets.filter(budget => budget.verdict === verdict).length, verdict])
    .filter(([number]) => number > 0).map(([number, verdict]) => `, ${count(number)} ${verdict === 'no data' ? 'without data' : verdict}`).join('');
  return fill('budgets',
    element('h2', {id: 'budgets-title'}, 'Budgets'),
    element('p', {class: 'lead'}, `${missed > 0 ? count(missed) : 'None'} of ${count(budgets.length)} missed${open}. Each bar: observed; the upright mark is the limit.`),
    table('Budgets: observed against limit', [
      {unseen: 'verdict', class: 'mark', of: budget => element('span', {class: `badge ${budgetClass(budget)}`, title: budgetWord(budget)},
        element('span', {'aria-hidden': 'true'}, budget.verdict === 'pass' ? '✓' : budgetClass(budget) === 'warn' ? '!' : budget.verdict === 'fail' ? '✗' : '?'),
        element('span', {class: 'unseen'}, budgetWord(budget)))},
      {title: 'budget', head: true, of: budget => [element('code', {}, budget.expression),
        element('span', {class: 'detail'}, sentenceOf(budget))]},
      {title: 'observed', number: true, value: budget => budget.observed_value,
        of: budget => [inUnit(budget.observed_value, budget.unit),
          isNumber(baselineOfBudget(page, budget)) && element('span', {class: 'baseline'}, `baseline ${milliseconds(baselineOfBudget(page, budget))}`)]},
      {title: 'against its limit', class: 'meter-cell', of: budgetBar}],
    sorted, {row: budget => ({class: budgetClass(budget)})}));
}

function drawRuns(page) {
  if (page.runs.length < 2) return fill('runs');
  const latency = (run, hop, statistic) => run.summary?.latency?.[hop]?.[statistic];
  const figure = (title, of, text) => ({title, number: true, value: row => of(row.run), of: row => text(of(row.run))});
  return fill('runs',
    element('h2', {id: 'runs-title'}, `${page.runs.length} runs`),
    element('p', {class: 'lead'}, 'The first is the run of this page; the others are dashed lines in the charts.'),
    table('Runs', [
      {unseen: 'line', of: row => element('span', {class: `line run-${row.index}`, 'aria-hidden': 'true'})},
      {title: 'run', head: true, of: row => runName(page, row.index)},
      {title: 'started', of: row => utc(row.run.summary?.started_at ?? row.run.run?.started_at)},
      {title: 'verdict', of: row => element('strong', {}, row.run.summary?.verdict ?? 'unfinished')},
      figure('due', run => totalsOf(run).due, count), figure('unexpected', run => totalsOf(run).unexpected, count),
      figure('anomalies', run => totalsOf(run).anomalies, count),
      figure('e2e p50', run => latency(run, 'e2e', 'p50_ms'), milliseconds), figure('p90', run => latency(run, 'e2e', 'p90_ms'), milliseconds),
      figure('p99', run => latency(run, 'e2e', 'p99_ms'), milliseconds), figure('max', run => latency(run, 'e2e', 'max_ms'), milliseconds),
      figure('platform p50', run => latency(run, 'platform', 'p50_ms'), milliseconds), figure('p99', run => latency(run, 'platform', 'p99_ms'), milliseconds)],
    page.runs.map((run, index) => ({run, index}))));
}
