// Telemetry of the vehicles by group, and what taps found of it behind the platform.

const telemetryReasons = ['unacknowledged', 'refused', 'unsent', 'errored', 'overwritten', 'expired', 'too_old'];

function drawTelemetry(page) {
  const summary = page.runs[0].summary;
  const groups = summary?.telemetry ?? [];
  if (groups.length === 0) return fill('telemetry-groups');
  const backlogs = summary.telemetry_backlogs;
  const lossOf = row => telemetryReasons.filter(name => row[name] > 0).map(name => `${count(row[name])} ${name.replace('_', ' ')}`).join(', ');
  const errors = groups.map(row => [row.group, countsByText(row.error_reasons)]).filter(([, reasons]) => reasons);
  return fill('telemetry-groups',
    element('h3', {}, 'Groups'),
    table('Telemetry by group', [
      {title: 'group', head: true, of: row => row.group},
      {title: 'due', number: true, value: row => row.due, of: row => count(row.due)},
      {title: 'acknowledged', number: true, value: row => row.acknowledged, of: row => count(row.acknowledged)},
      {title: 'lost', number: true, value: row => row.lost, of: row => [count(row.lost), row.lost > 0 && element('span', {class: 'detail'}, lossOf(row))]},
      {title: 're-issued', number: true, value: row => row.reissued, of: row => count(row.reissued)},
      {title: 'in store', number: true, value: row => row.in_store, of: row => count(row.in_store)},
      {title: 'publish p50', number: true, value: row => row.publish?.p50_ms, of: row => milliseconds(row.publish?.p50_ms)},
      {title: 'p99', number: true, value: row => row.publish?.p99_ms, of: row => milliseconds(row.publish?.p99_ms)},
      {title: 'lag p99', number: true, value: row => row.lag?.p99_ms, of: row => milliseconds(row.lag?.p99_ms)}],
    groups, {row: row => ({class: row.lost > 0 ? 'fail' : null, 'data-group': row.group})}),
    backlogs && element('p', {},
      `${plural(backlogs.begun, 'backlog')}, ${count(backlogs.drained?.samples ?? 0)} drained`,
      backlogs.drained?.samples > 0 && ` after at most ${milliseconds(backlogs.drained.max_ms)} (p99 ${milliseconds(backlogs.drained.p99_ms)})`,
      backlogs.errors > 0 && `; ${plural(backlogs.errors, 'error')} of the store`, '.'),
    backlogs && countsByText(backlogs.error_reasons),
    errors.map(([group, reasons]) => [element('h4', {}, `Reasons of refused, unsent and errored messages: ${group}`), reasons]));
}

function drawTaps(page) {
  const taps = page.runs[0].summary?.taps ?? [];
  if (taps.length === 0) return fill('taps');
  const number = (title, name) => ({title, number: true, value: row => row[name], of: row => count(row[name])});
  return fill('taps', element('h3', {}, 'Taps'), taps.map(tap => [
    element('h4', {}, tap.name),
    element('p', {class: 'quiet'}, `bridge p50 ${milliseconds(tap.bridge?.p50_ms)}, p99 ${milliseconds(tap.bridge?.p99_ms)}; `
      + `deliver p50 ${milliseconds(tap.deliver?.p50_ms)}, p99 ${milliseconds(tap.deliver?.p99_ms)}`),
    table(`Tap ${tap.name}`, [
      {title: 'group', head: true, of: row => row.group ?? 'no group'},
      number('sent', 'sent'), number('consumed', 'consumed'), number('matched', 'matched'), number('lost', 'lost'),
      number('duplicated', 'duplicated'), number('out of order', 'out_of_order'), number('corrupted', 'corrupted'),
      {title: 'not reconciled', number: true, of: row => count(row.sent_not_reconciled + row.consumed_not_reconciled)},
      {title: 'other records', number: true, of: row => count(row.foreign + row.unknown_vehicle + row.without_sequence)}],
    tap.groups ?? [], {row: row => ({class: row.lost + row.corrupted + row.duplicated > 0 ? 'fail' : null})}),
    countsByText(tap.error_reasons)]));
}
