// Counts of a run, and sums over columns of its timeline.

const outcomeNames = ['executed', 'failed', 'timed_out', 'rejected', 'errored', 'unanswered', 'skipped'];

function sum(values) {
  return (values ?? []).reduce((total, value) => total + (isNumber(value) ? value : 0), 0);
}

function largest(values) {
  return (values ?? []).reduce((most, value) => isNumber(value) && (most === null || value > most) ? value : most, null);
}

function lastOf(values) {
  return values && values.length > 0 ? values[values.length - 1] : null;
}

/// Counts of a run: of its summary, or without one the sums of its timeline and of the live progress.
function totalsOf(run, progress) {
  const summary = run.summary;
  if (summary) return {...summary.requests, anomalies: sum(Object.values(summary.anomalies ?? {}))};
  const {timeline} = run;
  if (!timeline?.end_s?.length) return {planned: null, due: null, sent: null, unexpected: null, outcomes: {}, anomalies: null};
  const width = intervalsOf(timeline);
  const outcomes = Object.fromEntries(outcomeNames.map(name => [name, sum(timeline[name])]));
  return {planned: progress?.planned ?? null,
          due: progress?.due ?? null,
          sent: progress?.sent ?? Math.round(sum((timeline.sent_rate ?? []).map((value, i) => value * width[i]))),
          unexpected: progress?.unexpected ?? sum(timeline.unexpected), outcomes, anomalies: null};
}

/// Lengths of the intervals of a timeline, in seconds.
function intervalsOf(timeline) {
  const ends = timeline.end_s ?? [];
  return ends.map((end, i) => Math.max(0.001, i > 0 ? end - ends[i - 1] : ends.length > 1 ? ends[1] - ends[0] : 1));
}
