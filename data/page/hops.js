// Where the time goes: hops as stacked bars, and the table of all latencies.

const hopTexts = {
  lag: 'due to begun: delay of the load generator',
  accept: 'due to accepted',
  dispatch: 'due to command received by the vehicle',
  vehicle: 'command received to final response sent',
  notify: 'final response sent to completion announced',
  e2e: 'due to completion announced',
  platform: 'e2e less vehicle',
  expiry: 'deadline missed to the expected time-out announced',
};

const successiveHops = ['dispatch', 'vehicle', 'notify'];

/// Latencies by hop: of the summary, or of a run without one of its histograms.
function latenciesOf(run) {
  return run.summary?.latency ??
    Object.fromEntries((run.histograms ?? []).filter(one => Object.keys(one.labels ?? {}).length === 0).map(one => [one.metric, one]));
}

/// Shares of the hops that follow each other in the sum of their means, the largest first; null without samples.
function hopShares(latencies) {
  const means = successiveHops.map(hop => ({hop, mean: latencies[hop]?.mean_ms})).filter(part => part.mean > 0);
  const total = sum(means.map(part => part.mean));
  if (means.length === 0) return null;
  return means.map(part => ({...part, share: part.mean / total})).sort((a, b) => b.share - a.share);
}

function stackedBar(hops, values, end, mark) {
  return element('div', {class: 'stack', 'aria-hidden': 'true'},
    hops.map(hop => isNumber(values[hop]) && values[hop] > 0 &&
      element('span', {class: `hop ${hop}`, style: {width: cssPercent(values[hop] / end)}, title: `${hop} ${milliseconds(values[hop])}`})),
    isNumber(mark) && element('span', {class: 'mark', style: {left: cssPercent(mark / end)}, title: `e2e ${milliseconds(mark)}`}));
}

function hopRows(latency) {
  return [['mean', 'mean_ms'], ['p50', 'p50_ms'], ['p90', 'p90_ms'], ['p99', 'p99_ms']].map(([name, statistic]) => {
    const values = Object.fromEntries(['dispatch', 'vehicle', 'notify', 'e2e', 'platform'].map(hop => [hop, latency?.[hop]?.[statistic] ?? null]));
    return {name, values, length: sum(successiveHops.map(hop => values[hop]))};
  });
}

function hopTable(caption, hops, rows, end, markOf) {
  return element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption},
    element('table', {class: 'hops'},
      element('caption', {class: 'unseen'}, caption),
      element('thead', {}, element('tr', {}, element('th', {scope: 'col'}, element('span', {class: 'unseen'}, 'statistic')), element('th', {scope: 'col', class: 'bar'}, element('span', {class: 'unseen'}, 'bar')),
        hops.map(hop => element('th', {scope: 'col', class: 'number'}, element('span', {class: `swatch hop ${hop}`, 'aria-hidden': 'true'}), hop)),
        markOf && element('th', {scope: 'col', class: 'number'}, element('span', {class: 'swatch line-mark', 'aria-hidden': 'true'}), markOf))),
      element('tbody', {}, rows.map(row => element('tr', {class: row.baseline ? 'baseline' : null},
        element('th', {scope: 'row'}, row.name),
        element('td', {class: 'bar'}, row.length > 0 || row.baseline ? stackedBar(hops.every(hop => isNumber(row.values[hop])) ? hops : [], row.values, row.end ?? end, markOf && row.values[markOf])
                                                    : element('span', {class: 'quiet'}, 'too few samples')),
        hops.map(hop => element('td', {class: 'number', 'data-value': row.values[hop]}, milliseconds(row.values[hop]))),
        markOf && element('td', {class: 'number', 'data-value': row.values[markOf]}, milliseconds(row.values[markOf])))))));
}

function drawHops(page) {
  const latencies = latenciesOf(page.runs[0]);
  const shares = hopShares(latencies);
  if (!shares) return fill('hops');
  const named = hopRows(latencies);
  const rows = page.baseline?.percentiles ? named.flatMap(row => {
    const old = hopRows(page.baseline.percentiles).find(other => other.name === row.name);
    return old.length > 0 || isNumber(old.values.e2e) ? [row, {...old, name: 'baseline', baseline: true}] : [row];
  }) : named;
  const end = Math.max(...rows.flatMap(row => [row.length, row.values.e2e ?? 0])) * 1.01 || 1;
  const platformOf = row => sum([row.values.dispatch, row.values.notify]);
  const platformEnd = Math.max(...rows.map(row => Math.max(platformOf(row), row.values.platform ?? 0))) * 1.01;
  return fill('hops',
    element('h2', {id: 'hops-title'}, 'Where the time goes'),
    element('p', {class: 'lead'}, shares.map((part, i) => [i > 0 && ', ', element('strong', {}, `${part.hop} ${percent(part.share)}`)]),
      ' of the mean time from due to completion.'),
    hopTable('Hops from due to completion', successiveHops, rows, end, 'e2e'),
    page.baseline?.percentiles && !page.baseline.percentiles.vehicle && element('p', {class: 'quiet'}, 'A baseline file has no vehicle hop: its bars are those of the platform, and the upright line is its e2e.'),
    platformEnd > 0 && [element('h3', {}, 'The platform’s share alone'),
      hopTable('Hops of the platform', ['dispatch', 'notify'], rows.map(row => ({...row, length: platformOf(row)})), platformEnd, 'platform')],
    element('p', {class: 'quiet'}, 'Dispatch: due until the vehicle has the command. Vehicle: its own work. Notify: its final response until the completion is announced. ',
      'A percentile of the whole is not the sum of those of its hops; the upright line is the whole.'));
}

function drawLatencyTable(page) {
  const {summary} = page.runs[0];
  const latencies = latenciesOf(page.runs[0]);
  const rows = Object.entries(hopTexts).map(([name, text]) => ({name, text, of: latencies[name]}));
  rows.push({name: 'loop delay', text: 'messages at a socket until the generator read them', of: summary?.generator?.loop_delay},
            {name: 'connect', text: 'TCP connect to CONNACK', of: summary?.sessions?.connect},
            {name: 'tcp', text: 'of it: TCP connect', of: summary?.sessions?.tcp},
            {name: 'tls full', text: 'of it: TLS handshake with certificates', of: summary?.sessions?.tls?.full},
            {name: 'tls resumed', text: 'of it: TLS handshake shortened by a ticket', of: summary?.sessions?.tls?.resumed},
            {name: 'connack', text: 'of it: CONNECT sent to CONNACK', of: summary?.sessions?.connack},
            {name: 'connection wait', text: 'requests that waited for a free connection to the API', of: summary?.http?.connection_wait},
            {name: 'queued', text: 'commands that waited for unreachable vehicles', of: summary?.queued?.wait});
  const measured = rows.filter(row => row.of?.samples > 0);
  if (measured.length === 0) return fill('latency-table');
  const old = page.baseline?.percentiles ?? {};
  const withInterval = (row, statistic) => {
    const interval = row.of[`${statistic}_interval_ms`];
    return {title: interval ? `95 % interval: ${milliseconds(interval[0])} to ${milliseconds(interval[1])}` : null};
  };
  const figure = (title, statistic) => ({title, number: true, value: row => row.of[`${statistic}_ms`],
    of: row => [element('span', withInterval(row, statistic), milliseconds(row.of[`${statistic}_ms`])),
      isNumber(old[row.name]?.[`${statistic}_ms`]) && element('span', {class: 'baseline'}, milliseconds(old[row.name][`${statistic}_ms`]))]});
  return fill('latency-table',
    element('h3', {}, 'All hops'),
    page.baseline && element('p', {class: 'quiet'}, `Second lines: baseline ${page.baseline.name}.`),
    table('Latency by hop', [
      {title: 'hop', head: true, of: row => row.name},
      figure('p50', 'p50'), figure('p90', 'p90'), figure('p95', 'p95'), figure('p99', 'p99'), figure('p99.9', 'p999'), figure('max', 'max'),
      {title: 'samples', number: true, of: row => count(row.of.samples)},
      {unseen: 'meaning', class: 'quiet', of: row => row.text}],
    measured, {row: row => ({'data-hop': row.name})}),
    element('p', {class: 'quiet'}, `${noValue}: too few samples for the percentile. Latency counts from due, however late the platform or the generator was.`));
}
