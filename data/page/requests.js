// The slowest, the unexpected and the anomalous requests: table with filter.

const rowsShown = 50; // until all are asked for

const requestList = {page: null, filter: {}, limit: rowsShown, opened: null};

const requestKinds = [['all', 'all here'], ['unexpected', 'unexpected'], ['anomalous', 'with an anomaly'], ['slowest', 'slowest']];

function latencyOf(request) {
  return request.hops_ms?.e2e ?? null;
}

/// All that the text filter looks at, in small letters; made once a request.
const searchTexts = new WeakMap();
function searchText(request) {
  if (!searchTexts.has(request))
    searchTexts.set(request, [request.request_id, request.traceparent, request.vin, request.segment, request.behaviour, request.service, request.phase,
      request.outcome, request.reason, ...(request.anomalies ?? []), ...(request.conditions ?? []),
      ...(request.messages ?? []).flatMap(message => [message.head, message.payload])].join('\n').toLowerCase());
  return searchTexts.get(request);
}

function matches(request, filter) {
  const {kind, text, segment, service, outcome, expected, anomaly, condition} = filter;
  return (!kind || kind === 'all' || (request.why ?? []).includes(kind)) &&
    (!segment || request.segment === segment) && (!service || request.service === service) && (!outcome || request.outcome === outcome) &&
    (!expected || String(request.expected_outcomes) === String(expected)) &&
    (!anomaly || (request.anomalies ?? []).includes(anomaly)) && (!condition || (request.conditions ?? []).includes(condition)) &&
    (!text || text.toLowerCase().split(/\s+/).every(word => searchText(request).includes(word)));
}

/// Those with something wrong first, then the slowest first.
function sortRequests(requests) {
  const wrong = request => request.unexpected || (request.anomalies ?? []).length > 0 ? 1 : 0;
  return [...requests].sort((a, b) => wrong(b) - wrong(a) || (latencyOf(b) ?? -1) - (latencyOf(a) ?? -1) || a.due_at_ms - b.due_at_ms);
}

function showRequests(filter) {
  requestList.filter = {...filter};
  requestList.limit = rowsShown;
  drawRequests(requestList.page);
  document.getElementById('requests').scrollIntoView();
  document.getElementById('request-filter').focus({preventScroll: true});
}

function filterNote() {
  const {segment, service, outcome, anomaly, condition, expected} = requestList.filter;
  const parts = [segment && `segment ${segment}`, service && `service ${service}`, expected && `expected ${expected.join(' or ')}`, outcome && `observed ${outcome}`,
                 anomaly && `anomaly ${anomaly}`, condition && `condition ${condition}`].filter(Boolean);
  if (parts.length === 0) return null;
  return element('p', {class: 'chips'}, parts.map(text => element('span', {class: 'chip'}, text)),
    button('Clear', () => showRequests({}), {'aria-label': 'Clear the filter'}));
}

function requestRow(request) {
  const open = () => openRequest(requestList.page, request);
  const remarks = [request.reason, ...(request.anomalies ?? [])].filter(Boolean).join(', ');
  return element('tr', {'data-arrival': request.arrival, class: request.unexpected || (request.anomalies ?? []).length > 0 ? 'fail' : null,
                        on: {click: event => { if (!event.target.closest('button') && String(getSelection()) === '') open(); }}},
    element('th', {scope: 'row'}, button(clock(request.due_at_ms / 1000, 3), open, {class: 'open', 'aria-label': `Open the request due at ${clock(request.due_at_ms / 1000, 3)}`})),
    element('td', {}, element('code', {}, request.vin)), element('td', {}, request.service), element('td', {}, request.segment), element('td', {}, request.phase),
    element('td', {}, (request.expected_outcomes ?? []).join(' or ')), element('td', {}, outcomeName(request.outcome)),
    element('td', {class: 'number', 'data-value': latencyOf(request)}, milliseconds(latencyOf(request))),
    element('td', {}, remarks, request.conditions?.length > 0 && element('span', {class: 'detail'}, `in ${request.conditions.join(', ')}`)));
}

function drawRequestRows() {
  const {page, filter, limit} = requestList;
  const all = page.runs[0].requests ?? [];
  const found = sortRequests(all.filter(request => matches(request, filter)));
  document.getElementById('requests-body').replaceChildren(...found.slice(0, limit).map(requestRow));
  const more = document.getElementById('requests-more');
  more.hidden = found.length <= limit;
  more.textContent = `Show all ${count(found.length)}`;
  document.getElementById('requests-found').textContent = found.length === all.length ? plural(all.length, 'request')
    : `${count(found.length)} of ${plural(all.length, 'request')}`;
}

function drawRequests(page) {
  const run = page.runs[0];
  requestList.page = page;
  const requests = run.requests ?? [];
  const counts = run.counts ?? {};
  const heading = element('h2', {id: 'requests-title'}, 'Requests');
  if (requests.length === 0)
    return fill('requests', heading, element('p', {class: 'lead'}, page.live ? 'No unexpected request so far.' :
      counts.recorded > 0 ? `None of the ${plural(counts.recorded, 'recorded request')} is in this page.` : 'The folder has no recorded requests.'));
  const kind = requestList.filter.kind ?? 'all';
  const kinds = requestKinds.map(([value, text]) => [value, `${text} (${count(requests.filter(request => matches(request, {kind: value})).length)})`]);
  fill('requests', heading,
    element('p', {class: 'lead'}, page.live ? 'The newest unexpected ones.' :
      [`The slowest, the unexpected and those with an anomaly, up to 200 each, of ${plural(counts.recorded ?? requests.length, 'recorded request')}; `,
       `${count(counts.unexpected ?? 0)} of these unexpected, ${count(counts.anomalous ?? 0)} with an anomaly. Open one to see its timeline.`]),
    element('div', {class: 'tools filter'},
      element('label', {class: 'choice grow'}, 'Filter ',
        element('input', {id: 'request-filter', type: 'search', autocomplete: 'off', spellcheck: 'false', value: requestList.filter.text ?? '', placeholder: 'id, VIN, service, reason, topic, payload …',
          on: {input: event => { requestList.filter.text = event.target.value; drawRequestRows(); }}})),
      choice('Kind', kinds, kind, value => { requestList.filter.kind = value; drawRequestRows(); }, {id: 'request-kind'}),
      element('span', {id: 'requests-found', role: 'status', class: 'quiet'})),
    filterNote(),
    element('div', {class: 'card'}, element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of requests'},
      element('table', {class: 'requests'}, element('caption', {class: 'unseen'}, 'Requests'),
        element('thead', {}, element('tr', {}, ['due at', 'vehicle', 'service', 'segment', 'phase', 'expected', 'observed', 'e2e', 'reason, anomalies']
          .map(title => element('th', {scope: 'col', class: title === 'e2e' ? 'number' : null}, title)))),
        element('tbody', {id: 'requests-body'}))),
      button('', () => { requestList.limit = Infinity; drawRequestRows(); }, {id: 'requests-more', hidden: true})));
  drawRequestRows();
}
