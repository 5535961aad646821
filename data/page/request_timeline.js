// One request, opened: its instants, hops, messages and session events, drawn to scale and as a list.

const completedOutcomes = ['executed', 'failed', 'timed_out'];

function instantsOf(request) {
  const ends = {rejected: 'rejected by the platform’s API', errored: 'the request failed', unanswered: 'no completion: no longer awaited', skipped: ''};
  return [['due', ''], ['begun', 'by the load generator'], ['sent', 'to the platform'], ['accepted', 'by the platform'],
          ['delivered', 'command received by the vehicle'], ['acked', 'acknowledged by the vehicle'], ['finished', 'final response sent by the vehicle'],
          ['observed', ends[request.outcome] ?? 'completion announced by the platform']]
    .map(([name, meaning]) => ({name, meaning, at: request[`${name}_at_ms`]}));
}

/// Hops as spans between two instants.
function spansOf(request) {
  const completed = completedOutcomes.includes(request.outcome);
  return [['lag', 'due', 'begun'], ['connection wait', 'begun', 'sent'], ['accept', 'due', 'accepted'], ['dispatch', 'due', 'delivered'],
          ['vehicle', 'delivered', 'finished'], completed && ['notify', 'finished', 'observed'], completed && ['e2e', 'due', 'observed']]
    .filter(Boolean).map(([hop, from, until]) => ({hop, from: request[`${from}_at_ms`], until: request[`${until}_at_ms`]}))
    .filter(span => isNumber(span.from) && isNumber(span.until));
}

const directionNames = {to_api: '→ API', from_api: '← API', to_vehicle: '→ vehicle', from_vehicle: '← vehicle', to_observer: '→ observer'};

/// Session events of the request's vehicle in its time, and the last one before, which has the state of the session when the request begins.
function sessionEventsOf(run, request, from, until) {
  const own = (run.session_events ?? []).filter(event => event.vin === request.vin && event.at_ms <= until);
  const inside = own.filter(event => event.at_ms >= from);
  const before = own.filter(event => event.at_ms < from);
  return [...before.slice(-1), ...inside];
}

function anomaliesOf(run, request, from, until) {
  return (run.anomalies ?? []).filter(anomaly => (anomaly.request_id !== '' && anomaly.request_id === request.request_id) ||
    (anomaly.request_id === '' && anomaly.vin === request.vin && anomaly.at_ms >= from && anomaly.at_ms <= until));
}

/// All events of a request in order: {at, lane, label, text, message}.
function eventsOf(run, request) {
  const sessionMargin = 5000; // ms
  const messages = (request.messages ?? []).filter(message => isNumber(message.at_ms))
    .map(message => ({at: message.at_ms, lane: directionNames[message.direction] ?? message.direction, label: directionNames[message.direction] ?? message.direction, text: message.head, message}));
  const instants = instantsOf(request).filter(instant => isNumber(instant.at)).map(instant => ({at: instant.at, label: instant.name, text: instant.meaning, instant: true}));
  const order = [...instants.slice(0, 3), ...messages.filter(one => one.lane.includes('API')), ...instants.slice(3, 4), ...messages.filter(one => !one.lane.includes('API')), ...instants.slice(4)];
  const times = order.map(event => event.at);
  const from = Math.min(...times) - sessionMargin, until = Math.max(...times) + sessionMargin;
  const sessions = sessionEventsOf(run, request, from, until).map(event => ({at: event.at_ms, lane: 'session', label: 'session', text: event.event}));
  const anomalies = anomaliesOf(run, request, from, until).map(anomaly => ({at: anomaly.at_ms, lane: 'anomaly', label: anomaly.expected ? 'anomaly (expected)' : 'anomaly', bad: !anomaly.expected, text: `${anomaly.kind}: ${anomaly.evidence}`}));
  return [...sessions, ...order, ...anomalies].sort((a, b) => a.at - b.at);
}

/// Positions in [0, 1] of times; of one instant only, all at 0.
function scaleOf(events, request) {
  const own = events.filter(event => event.lane !== 'session').map(event => event.at).filter(isNumber);
  const from = Math.min(...own), until = Math.max(...own);
  const length = until - from || 1;
  return {from, length, inside: at => at >= from && at <= until, at: at => (at - from) / length, origin: isNumber(request.due_at_ms) ? request.due_at_ms : from};
}

function drawTimeline(run, request) {
  const events = eventsOf(run, request);
  const scale = scaleOf(events, request);
  const instants = events.filter(event => event.instant);
  const step = niceStep(scale.length / (innerWidth < 640 ? 3 : 6));
  const ticks = [];
  for (let i = 0; i * step <= scale.length * 1.0001; ++i) ticks.push(i * step);
  const track = children => element('div', {class: 'track'}, children);
  const lane = (name, children, attributes = {}) => element('div', {class: `lane ${attributes.class ?? ''}`}, element('span', {class: 'lane-name'}, name), track(children));
  const spans = spansOf(request);
  const lanes = [...Object.values(directionNames), 'session', 'anomaly'].map(name => [name, events.filter(event => event.lane === name && scale.inside(event.at))]).filter(([, own]) => own.length > 0);
  const labels = element('div', {class: 'track labels'});
  const words = spans.map(span => `${span.hop} ${milliseconds(span.until - span.from)}`).join(', ');
  const drawing = element('div', {class: 'timeline', role: 'img', 'aria-label': `Timeline of the request: ${words}. The list below has all events.`},
    element('div', {class: 'lines'}, instants.map(event => element('span', {class: 'instant', style: {left: cssPercent(scale.at(event.at))}}))),
    element('div', {class: 'lane instants'}, element('span', {class: 'lane-name'}, 'instants'), labels),
    element('div', {class: 'lane axis'}, element('span', {class: 'lane-name'}, 'since due'), track(ticks.map(tick =>
      element('span', {class: `tick${tick / scale.length > 0.9 ? ' last' : ''}`, style: {left: cssPercent(tick / scale.length)}}, shortMilliseconds(Number((tick + scale.from - scale.origin).toPrecision(6))))))),
    spans.map(span => {
      const left = scale.at(span.from), width = Math.max(0, (span.until - span.from) / scale.length);
      const value = milliseconds(span.until - span.from);
      const place = left + width < 0.85 ? ['after', {left: cssPercent(left + width)}] : left > 0.15 ? ['before', {right: cssPercent(1 - left)}] : ['inside', {right: cssPercent(1 - left - width)}];
      return lane(span.hop, [element('span', {class: `span hop ${span.hop.replace(' ', '-')}`, style: {left: cssPercent(left), width: cssPercent(width)}}),
        element('span', {class: `span-value ${place[0]}`, style: place[1]}, value)]);
    }),
    lanes.map(([name, own]) => lane(name, own.map(event => element('span', {class: `event${event.bad ? ' bad' : ''}`, style: {left: cssPercent(scale.at(event.at))}, title: `${milliseconds(event.at - scale.origin)}: ${event.text}`})), {class: 'events'})));
  return {drawing, placeLabels: () => placeLabels(labels, instants, scale)};
}

/// Places the names of the instants, in further rows where they would overlap.
function placeLabels(labels, instants, scale) {
  const width = labels.clientWidth;
  const height = 17;
  const taken = [];
  labels.replaceChildren();
  for (const event of instants) {
    const label = element('span', {class: 'instant-label'}, event.label);
    labels.append(label);
    const own = label.offsetWidth + 6;
    const x = scale.at(event.at) * width;
    const left = x + own > width ? x - own : x;
    let row = 0;
    while ((taken[row] ?? []).some(([from, until]) => left < until && left + own > from)) ++row;
    (taken[row] ??= []).push([left, left + own]);
    label.style.setProperty('left', `${left}px`);
    label.style.setProperty('top', `${row * height}px`);
    if (left < x) label.classList.add('before');
  }
  labels.style.setProperty('height', `${Math.max(1, taken.length) * height}px`);
}

function payloadOf(message, request) {
  if (message.payload === '' && message.payload_bytes === 0) return null;
  const cut = message.payload_bytes > 1024 || request.payload_cut;
  return [element('code', {class: 'payload'}, message.payload),
    cut && message.payload_bytes > message.payload.length && element('span', {class: 'quiet'}, ` … of ${bytes(message.payload_bytes)}`)];
}

function eventTable(run, request) {
  const origin = isNumber(request.due_at_ms) ? request.due_at_ms : 0;
  const started = Date.parse(run.summary?.load_started_at ?? run.run?.load_started_at ?? '');
  const utcTime = at => isoTime(started + at)?.slice(11, 23) ?? noValue;
  const never = instantsOf(request).filter(instant => !isNumber(instant.at)).map(instant => instant.name);
  return [table('Events of the request', [
    {title: 'UTC', number: true, of: event => utcTime(event.at)},
    {title: 'ms since due', number: true, value: event => event.at, of: event => `${event.at < origin ? '−' : '+'}${Math.abs(event.at - origin).toFixed(3)}`},
    {title: 'what', head: true, of: event => event.label},
    {unseen: 'text', class: 'event-text', of: event => event.message ? [element('code', {}, event.text), payloadOf(event.message, request)] : event.text}],
  eventsOf(run, request), {row: event => ({class: event.bad ? 'fail' : event.instant ? 'instant-row' : null})}),
    never.length > 0 && element('p', {class: 'quiet'}, `Never: ${never.join(', ')}.`)];
}

function traceOf(request) {
  return (request.traceparent ?? '').split('-')[1] ?? '';
}

function requestCommands(run, request) {
  const folder = quoted(run.folder ?? '.');
  const id = request.request_id || traceOf(request);
  const which = id ? `--request ${quoted(id)}` : `--vehicle ${quoted(request.vin)}`;
  return [element('p', {class: 'quiet'}, 'In the folder that holds ', element('code', {}, run.folder ?? 'this report'), ':'), command(`loadsim explain ${folder} ${which}`), command(`loadsim replay ${folder} ${which}`), command(`loadsim replay ${folder} ${which} --packets request.pcap`)];
}

function openRequest(page, request) {
  const run = page.runs[0];
  requestList.opened = request;
  const trace = traceOf(request);
  const {drawing, placeLabels: place} = drawTimeline(run, request);
  const close = () => {
    fill('request');
    requestList.opened = null;
    document.querySelector(`#requests tr[data-arrival="${CSS.escape(String(request.arrival))}"] button`)?.focus();
  };
  const part = fill('request',
    element('div', {class: 'section-head'},
      element('h2', {id: 'request-title', tabindex: -1}, request.request_id ? ['Request ', element('code', {}, request.request_id)] : `Arrival ${request.arrival}, without a request id`,
        request.unexpected && element('span', {class: 'badge fail'}, 'unexpected')),
      button('Close', close, {id: 'request-close'})),
    facts([['vehicle', element('code', {}, request.vin)], ['segment', request.segment], ['behaviour', request.behaviour], ['service', request.service], ['phase', request.phase],
      ['due', `${request.due_at ? `${utc(request.due_at)}, ` : ''}${clock(request.due_at_ms / 1000, 3)} after the start of the load`], ['arrival', String(request.arrival)],
      ['expected', (request.expected_outcomes ?? []).join(' or ')], ['observed', [outcomeName(request.outcome), request.reason && `: ${request.reason}`]],
      ['trace', trace && element('code', {}, trace)], ['conditions', (request.conditions ?? []).join(', ')], ['anomalies', (request.anomalies ?? []).join(', ')]]),
    drawing,
    requestCommands(run, request),
    eventTable(run, request));
  place();
  part.scrollIntoView();
  document.getElementById('request-title').focus({preventScroll: true});
  new ResizeObserver(place).observe(drawing);
}
