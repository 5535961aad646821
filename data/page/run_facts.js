// The end of the page: health of the generator, machine, target, scenario, comparison with the baseline, files.

function shareOrNone(value) {
  return isNumber(value) ? percent(value) : noValue;
}

function healthRow(name, latency, limit) {
  return {name, latency, late: isNumber(limit) && latency?.p99_ms > limit};
}

function drawHealth(page) {
  const run = page.runs[0];
  const summary = run.summary;
  const late = sum(run.timeline?.late_ranks);
  if (!summary) return fill('health', late > 0 && [element('h3', {}, 'Generator'), element('p', {}, `Late reports of ranks: ${count(late)}.`)]);
  const generator = summary.generator ?? {};
  const limit = generator.lag_limit_ms;
  const rows = [healthRow('lag', summary.latency?.lag, limit), healthRow('loop delay', generator.loop_delay, limit)].filter(row => row.latency?.samples > 0);
  const seconds = (summary.duration_ms ?? 0) / 1000;
  const messages = summary.messages ?? {};
  const sessions = summary.sessions ?? {};
  const http = summary.http;
  const tls = sessions.tls;
  const undecided = (summary.budgets ?? []).filter(budget => budget.verdict === 'undecided').length;
  const texts = (title, counts) => Object.keys(counts ?? {}).length > 0 && [element('h4', {}, title), countsByText(counts)];
  return fill('health',
    element('h3', {}, 'Generator, machines, target'),
    rows.length > 0 && element('p', {class: 'lead'}, rows.some(row => row.late) ? 'The load generator was late: p99 of lag or loop delay is above its limit.'
      : `The load generator was in time: p99 of lag and loop delay ${isNumber(limit) ? `is not above ${milliseconds(limit)}` : 'has no limit'}.`,
      undecided > 0 && ` It was too late to decide ${plural(undecided, 'budget')}.`),
    rows.length > 0 && table('Lateness of the load generator', [
      {title: 'lateness', head: true, of: row => row.name}, {title: 'p50', number: true, of: row => milliseconds(row.latency.p50_ms)},
      {title: 'p99', number: true, value: row => row.latency.p99_ms, of: row => milliseconds(row.latency.p99_ms)}, {title: 'max', number: true, of: row => milliseconds(row.latency.max_ms)},
      {title: 'limit of p99', number: true, of: () => milliseconds(limit)}], rows, {row: row => ({class: row.late ? 'fail' : null})}),
    facts([
      ['CPU time', isNumber(generator.cpu_time_ms) ? `${milliseconds(generator.cpu_time_ms)}${seconds > 0 ? `, ${significant(generator.cpu_time_ms / 1000 / seconds)} cores on average` : ''}` : null],
      ['memory', bytes(generator.rss_bytes)], ['ranks × shards', isNumber(generator.ranks) ? `${generator.ranks} × ${generator.shards}` : null],
      ['late reports of ranks', late > 0 ? count(late) : null],
      ['sessions', isNumber(sessions.planned) ? `${count(sessions.planned)} planned, ${count(sessions.online_peak)} at the peak, ${count(sessions.refused)} refused, ${count(sessions.dropped)} dropped, ${count(sessions.reconnects)} reconnects` : null],
      ['TLS', tls && `${count(tls.full?.samples)} full and ${count(tls.resumed?.samples)} resumed handshakes, ${count(tls.failed)} failed, ${count(tls.unverified)} with an unverified server; ${bytes(tls.bytes_sent)} sent and ${bytes(tls.bytes_received)} received in its records`],
      ['MQTT messages', isNumber(messages.published) ? `${count(messages.published)} sent by vehicles (${bytes(messages.bytes_sent)}), ${count(messages.received)} received (${bytes(messages.bytes_received)})` : null],
      ['http', http && `${plural(http.requests, 'request')}, ${plural(http.connections?.opened, 'connection')} opened, ${count(http.connections?.busy_peak)} of ${count(http.connections?.limit)} busy at the peak, ${count(http.timeouts)} time-outs, ${count(http.retries)} retries, ${count(http.failovers)} failovers`],
      ['queued', summary.queued?.delivered > 0 ? `${plural(summary.queued.delivered, 'command')} waited for unreachable vehicles; ${summary.queued.out_of_order > 0 ? count(summary.queued.out_of_order) : 'none'} out of order` : null],
      ['addresses', [...Object.keys(sessions.addresses ?? {}), ...Object.keys(http?.addresses ?? {})].join(', ')]]),
    generator.machines?.length > 0 && table('Machines of the load generator', [
      {title: 'machine', head: true, of: row => row.host}, {title: 'usable cores', number: true, of: row => isNumber(row.cores_usable) ? `${row.cores_usable} of ${row.cores}` : noValue},
      {title: 'generator', number: true, of: row => shareOrNone(row.generator_share)}, {title: 'others', number: true, of: row => shareOrNone(row.other_share)},
      {title: 'steal', number: true, of: row => shareOrNone(row.steal_share)}, {title: 'waited for a core', number: true, of: row => milliseconds(row.stalled_ms)},
      {title: 'throttled', number: true, of: row => milliseconds(row.throttled_ms)}], generator.machines),
    summary.observers?.length > 0 && table('Observers', [
      {title: 'observer', head: true, of: row => row.name}, {title: 'messages', number: true, of: row => count(row.received)}, {title: 'completions', number: true, of: row => count(row.completions)},
      {title: 'first', number: true, of: row => count(row.first_completions)}, {title: 'disagreements', number: true, of: row => count(row.disagreements)},
      {title: 'rejected', number: true, of: row => count(sum(Object.values(row.rejections ?? {})))}, {unseen: 'reasons', of: row => [countsByText(row.rejections), countsByText(row.connection_errors)]}], summary.observers),
    summary.broker_api && facts([['broker API', `${count(summary.broker_api.commands?.accepted)} commands accepted, ${count(summary.broker_api.commands?.refused)} refused; ${count(summary.broker_api.responses?.posted)} responses posted, ${count(summary.broker_api.responses?.failed)} failed`]]),
    texts('Refused and dropped sessions', sessions.error_reasons), texts('TLS', tls?.error_reasons), texts('Broker API', summary.broker_api?.error_reasons),
    texts('Contract fields never found', summary.unmatched_fields), texts('Limits of the broker', summary.broker_limits));
}

function drawComparison(page) {
  const comparison = page.baseline?.comparison;
  if (!comparison) return fill('comparison');
  const order = {worse: 0, better: 1, 'cannot tell': 2, same: 3};
  const latencies = [...(comparison.latencies ?? [])].sort((a, b) => (order[a.verdict] ?? 4) - (order[b.verdict] ?? 4));
  const signed = value => isNumber(value) ? `${value > 0 ? '+' : ''}${(value * 100).toFixed(1)} %` : noValue;
  const labels = row => Object.entries(row.labels ?? {}).map(([name, value]) => `${name} ${value}`).join(', ');
  const rowTable = rows => table('Latencies compared with the baseline', [
    {title: 'hop', head: true, of: row => [row.hop, labels(row) && element('span', {class: 'detail'}, labels(row))]}, {title: 'percentile', of: row => row.percentile},
    {title: 'baseline', number: true, of: row => milliseconds(row.old_ms)}, {title: 'now', number: true, of: row => milliseconds(row.new_ms)},
    {title: 'change', number: true, of: row => signed(row.change)}, {title: '95 % interval', number: true, of: row => isNumber(row.interval_low) ? `${signed(row.interval_low)} to ${signed(row.interval_high)}` : noValue},
    {title: 'verdict', of: row => element('span', {class: row.verdict === 'worse' ? 'badge fail' : row.verdict === 'better' ? 'badge pass' : 'quiet'}, row.verdict)}, {unseen: 'reason', of: row => row.reason ?? ''}], rows);
  const changed = latencies.filter(row => row.verdict === 'worse' || row.verdict === 'better');
  const others = latencies.filter(row => !changed.includes(row));
  const changedCounts = (comparison.counts ?? []).filter(row => row.verdict === 'worse' || row.verdict === 'better');
  return fill('comparison',
    element('h3', {}, `Compared with ${page.baseline.name}`), element('p', {class: 'lead'}, element('strong', {}, comparison.verdict)),
    (comparison.notes ?? []).map(note => element('p', {}, note)),
    changed.length > 0 && rowTable(changed),
    changedCounts.length > 0 && table('Counts compared with the baseline', [{title: 'count', head: true, of: row => row.metric}, {title: 'baseline', number: true, of: row => count(row.old_count)},
      {title: 'now', number: true, of: row => count(row.new_count)}, {title: 'verdict', of: row => row.verdict}], changedCounts),
    others.length > 0 && element('details', {}, element('summary', {}, `${plural(others.length, 'latency', 'latencies')} without a change beyond chance`), rowTable(others)));
}

function drawScenario(page) {
  const text = page.runs[0].scenario_yaml;
  if (typeof text !== 'string') return fill('scenario');
  return fill('scenario', element('h3', {}, 'Scenario'),
    element('details', {}, element('summary', {}, 'scenario.yaml: as it was in force, with defaults and seed'), element('pre', {tabindex: 0}, text)));
}

function drawFiles(page) {
  const run = page.runs[0];
  const files = run.files ?? [];
  if (files.length === 0) return fill('files');
  const path = name => name.split('/').map(encodeURIComponent).join('/');
  const at = run.files_at; // empty: the page is in the run's folder
  return fill('files', element('h3', {}, 'Files'),
    element('p', {class: 'quiet'}, 'In the folder ', element('code', {}, at || (run.folder ?? '')), at ? ', from the folder of this page:' : ', beside this page:'),
    page.live ? element('p', {}, files.join(', ')) : element('ul', {class: 'files'}, files.map(name => element('li', {}, element('a', {href: `./${at ? `${path(at)}/` : ''}${path(name)}`}, name)))));
}
