// Expected and observed outcomes, anomalies, recoveries and campaigns; each leads to its requests.

const anomalyTexts = {
  command_duplicated: 'a vehicle received the command of a request twice',
  command_out_of_order: 'a vehicle received a command after that of a later request',
  command_late: 'a vehicle received a command after its request had completed',
  command_lost: 'a reachable vehicle never received the command, though the platform had accepted the request',
  concurrent_request: 'a vehicle received the command of another request while one was active',
  command_unsolicited: 'a vehicle received a command that belongs to no request of this run',
  command_wrong_service: 'a vehicle received a command for another service than the requested one',
  command_wrong_parameters: 'a vehicle received a command with other parameters than the requested ones',
  executed_twice: 'a vehicle executed a command twice',
  response_lost: 'a response of a vehicle did not arrive',
  response_duplicated: 'a response of a vehicle arrived twice',
  response_out_of_order: 'responses of a vehicle arrived in another order',
  completion_duplicated: 'the platform announced a completion twice',
  completion_contradicted: 'the platform announced a completion twice, with different outcomes',
  observers_disagree: 'two observers saw different outcomes of one request',
  completion_unknown: 'a completion of a request that is not of this run',
  completion_before_response: 'executed or failed was announced before the vehicle’s final response',
  completion_missing: 'no completion was announced for an accepted request',
  malformed_payload: 'a message that cannot be parsed',
  unauthorized_accepted: 'the broker accepted a vehicle with wrong credentials',
  negative_sample: 'a hop that ended before it began',
};

/// A button that shows requests of the page that match; none: their number alone.
function leadTo(page, filter, label) {
  const matching = (page.runs[0].requests ?? []).filter(request => matches(request, filter)).length;
  if (matching === 0) return element('span', {class: 'quiet'}, noValue);
  return button(`show ${count(matching)}`, () => showRequests(filter), {class: 'lead-to', 'aria-label': `Show ${plural(matching, 'request')}: ${label}`});
}

function outcomeName(name) {
  return element('span', {class: 'outcome'}, element('span', {class: `dot outcome-${outcomeNames.includes(name) ? name : 'skipped'}`, 'aria-hidden': 'true'}), name);
}

function drawOutcomes(page) {
  const run = page.runs[0];
  const summary = run.summary;
  const totals = totalsOf(run, page.progress);
  const all = sum(Object.values(totals.outcomes ?? {}));
  const parts = outcomeNames.filter(name => totals.outcomes?.[name] > 0);
  const matrix = [...(summary?.outcome_matrix ?? [])].sort((a, b) => Number(b.unexpected) - Number(a.unexpected) || b.count - a.count);
  if (parts.length === 0 && matrix.length === 0) return fill('outcomes');
  const most = Math.max(1, ...matrix.map(row => row.count));
  const reasons = countsByText(summary?.requests?.error_reasons);
  const rowTable = rows => table('Expected and observed outcomes', [
    {title: 'segment', head: true, of: row => row.segment}, {title: 'service', of: row => row.service},
    {title: 'expected', of: row => row.expected_outcomes.map((name, i) => [i > 0 && ' or ', outcomeName(name)])},
    {title: 'observed', of: row => [outcomeName(row.outcome), row.unexpected && element('span', {class: 'badge fail'}, 'unexpected')]},
    {title: 'requests', number: true, value: row => row.count, of: row => count(row.count)},
    {unseen: 'bar', class: 'bar', of: row => element('div', {class: 'stack slim', 'aria-hidden': 'true'},
      element('span', {class: `outcome-${row.outcome}`, style: {width: cssPercent(row.count / most)}}))},
    {title: 'requests here', of: row => leadTo(page, {segment: row.segment, service: row.service, outcome: row.outcome, expected: row.expected_outcomes},
      `${row.segment}, ${row.service}, expected ${row.expected_outcomes.join(' or ')}, observed ${row.outcome}`)}],
    rows, {row: row => ({class: row.unexpected ? 'fail' : null})});
  const shown = 16;
  return fill('outcomes',
    element('h3', {}, 'Expected and observed outcomes'),
    element('div', {class: 'stack', 'aria-hidden': 'true'}, parts.map(name =>
      element('span', {class: `outcome-${name}`, style: {width: cssPercent(totals.outcomes[name] / all)}, title: `${name} ${count(totals.outcomes[name])}`}))),
    element('ul', {class: 'legend'}, parts.map(name => element('li', {'data-outcome': name, 'data-value': totals.outcomes[name]},
      outcomeName(name), ` ${count(totals.outcomes[name])} `, element('span', {class: 'quiet'}, percent(totals.outcomes[name] / all))))),
    matrix.length > 0 && rowTable(matrix.slice(0, shown)),
    matrix.length > shown && element('details', {}, element('summary', {}, `${matrix.length - shown} more rows`), rowTable(matrix.slice(shown))),
    reasons && [element('h4', {}, 'Reasons of errored and skipped requests'), reasons]);
}

function drawAnomalies(page) {
  const run = page.runs[0];
  const unexpected = run.summary?.anomalies ?? countKinds(run.anomalies, false);
  const expected = run.summary?.expected_anomalies ?? countKinds(run.anomalies, true);
  const kinds = [...new Set([...Object.keys(unexpected), ...Object.keys(expected)])].filter(kind => unexpected[kind] > 0 || expected[kind] > 0)
    .sort((a, b) => (unexpected[b] ?? 0) - (unexpected[a] ?? 0));
  if (kinds.length === 0 && !run.summary) return fill('anomalies');
  const evidence = (run.anomalies ?? []).filter(anomaly => !anomaly.expected);
  return fill('anomalies',
    element('h3', {}, 'Anomalies'),
    kinds.length === 0 ? element('p', {class: 'lead'}, 'None.') : table('Anomalies by kind', [
      {title: 'kind', head: true, of: kind => [kind, element('span', {class: 'detail'}, anomalyTexts[kind] ?? '')]},
      {title: 'unexpected', number: true, value: kind => unexpected[kind] ?? 0, of: kind => count(unexpected[kind] ?? 0)},
      {title: 'expected', number: true, of: kind => count(expected[kind] ?? 0)},
      {title: 'requests here', of: kind => leadTo(page, {anomaly: kind}, kind)}],
    kinds, {row: kind => ({class: unexpected[kind] > 0 ? 'fail' : null, 'data-anomaly': kind})}),
    evidence.length > 0 && element('details', {}, element('summary', {}, `Evidence of ${plural(evidence.length, 'unexpected anomaly', 'unexpected anomalies')}`),
      table('Evidence', [
        {title: 'at', number: true, of: row => isNumber(row.at_ms) ? clock(row.at_ms / 1000, 3) : noValue},
        {title: 'kind', head: true, of: row => row.kind},
        {title: 'vehicle', of: row => row.vin ? element('code', {}, row.vin) : noValue},
        {title: 'request', of: row => row.request_id ? element('code', {}, row.request_id) : noValue},
        {title: 'evidence', of: row => row.evidence}], evidence)),
    run.summary?.omitted_records > 0 && element('p', {class: 'quiet'}, `${plural(run.summary.omitted_records, 'record')} counted, but not in the files: over the limit.`));
}

function countKinds(anomalies, expected) {
  const counts = {};
  for (const anomaly of anomalies ?? []) if (anomaly.expected === expected) counts[anomaly.kind] = (counts[anomaly.kind] ?? 0) + 1;
  return counts;
}

function drawRecoveries(page) {
  const recoveries = page.runs[0].summary?.recoveries ?? [];
  if (recoveries.length === 0) return fill('recoveries');
  const slowest = [...recoveries].sort((a, b) => (b.recovery_ms ?? Infinity) - (a.recovery_ms ?? Infinity));
  const shown = 16;
  const rowTable = rows => table('Recovery after conditions', [
    {title: 'condition', head: true, of: row => row.condition},
    {title: 'at', number: true, of: row => clock(row.started_at_ms / 1000)},
    {title: 'affected', number: true, of: row => count(row.affected_vehicles)},
    {title: 'recovered', number: true, of: row => [count(row.recovered_vehicles),
      row.recovered_vehicles < row.affected_vehicles && element('span', {class: 'badge warn'}, `${count(row.affected_vehicles - row.recovered_vehicles)} not`)]},
    {title: '99 % after', number: true, value: row => row.recovery_ms, of: row => row.recovery_ms === null ? 'not reached' : milliseconds(row.recovery_ms)},
    {title: 'latency after', number: true, of: row => !row.latency_budget ? noValue : row.latency_recovery_ms === null ? 'not reached' : milliseconds(row.latency_recovery_ms)},
    {title: 'budget', of: row => row.latency_budget ? element('code', {}, row.latency_budget) : noValue},
    {title: 'requests here', of: row => leadTo(page, {condition: row.condition}, `in condition ${row.condition}`)}], rows);
  return fill('recoveries', element('h3', {}, 'Recovery'), rowTable(slowest.slice(0, shown)),
    slowest.length > shown && element('details', {}, element('summary', {}, `${slowest.length - shown} more, faster`), rowTable(slowest.slice(shown))));
}

function drawCampaigns(page) {
  const campaigns = page.runs[0].summary?.campaigns ?? [];
  if (campaigns.length === 0) return fill('campaigns');
  return fill('campaigns', element('h3', {}, 'Campaigns'), table('Campaigns', [
    {title: 'campaign', head: true, of: row => row.name},
    {title: 'addressed', number: true, of: row => count(row.addressed_vehicles)},
    {title: 'delivered', number: true, value: row => row.deliveries, of: row => [count(row.deliveries),
      row.deliveries < row.addressed_vehicles && element('span', {class: 'badge warn'}, `${count(row.addressed_vehicles - row.deliveries)} not`)]},
    {title: 'after a reconnect', number: true, of: row => count(row.deliveries_after_reconnect)},
    {title: 'duplicates', number: true, of: row => count(row.duplicate_deliveries)},
    {title: 'p50', number: true, of: row => milliseconds(row.latency?.p50_ms)},
    {title: 'p99', number: true, of: row => milliseconds(row.latency?.p99_ms)},
    {title: 'requests here', of: row => leadTo(page, {text: row.name}, `with ${row.name} in them`)}], campaigns));
}
