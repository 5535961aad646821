// What the run costs by the unit prices of its scenario.

const priceUnits = {
  request: 'request', message_up: 'message up', message_down: 'message down', connection_minute: 'connection-minute',
  gigabyte: 'GB', gigabyte_up: 'GB up', gigabyte_down: 'GB down', hour: 'hour'};

function drawCost(page) {
  const cost = page.runs[0].summary?.cost;
  if (!cost) return fill('cost');
  const money = value => isNumber(value) ? `${amount(value)} ${cost.currency}` : null;
  return fill('cost',
    element('h3', {}, 'Cost'),
    element('p', {class: 'lead'}, `The run costs ${money(cost.total) ?? noValue} by the prices of its scenario.`),
    table('Cost by unit price', [
      {title: 'price', head: true, of: row => row.name},
      {title: 'quantity', number: true, value: row => row.quantity, of: row => amount(row.quantity)},
      {title: 'unit', of: row => priceUnits[row.unit] ?? row.unit},
      {title: 'of one', number: true, value: row => row.price, of: row => money(row.price) ?? noValue},
      {title: 'amount', number: true, value: row => row.amount, of: row => money(row.amount) ?? noValue}],
    cost.items ?? []),
    facts([
      ['per 1,000 requests', money(cost.per_1000_requests)],
      ['per vehicle and month', isNumber(cost.per_vehicle_month) ? `${money(cost.per_vehicle_month)} at this load` : null],
      [isNumber(cost.fleet) ? `${count(cost.fleet)} vehicles` : 'fleet', isNumber(cost.fleet_month) ? `${money(cost.fleet_month)} a month` : null],
      ['prices', cost.description ? `${cost.description} (${cost.example}), an example that is not maintained` : null]]));
}
