// Figures as text, in the form of the summary on the terminal.

const pageStarted = performance.now(); // this file is the first of the page's own

const noValue = '–';

/// Larger ones, as a foreign file may have them, are no figure of a run: no chart and no table has room for them.
function isNumber(value) {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function count(value) {
  return isNumber(value) ? Math.round(value).toLocaleString('en-US') : noValue;
}

/// Three significant digits, but no more than two decimals.
function significant(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function milliseconds(value) {
  if (!isNumber(value)) return noValue;
  const size = Math.abs(value);
  if (size >= 3600e3) return duration(value / 1000);
  if (size >= 999.5) return `${significant(value / 1000)} s`;
  return `${significant(value)} ms`;
}

/// For axes: 1 ms, 500 ms, 20 s.
function shortMilliseconds(value) {
  const plain = number => String(Number(number.toPrecision(3)));
  if (value >= 1000) return `${plain(value / 1000)} s`;
  if (value >= 0.1 || value === 0) return `${plain(value)} ms`;
  return `${plain(value * 1000)} µs`;
}

function shortCount(value) {
  const plain = number => String(Number(number.toPrecision(3)));
  if (Math.abs(value) >= 1e6) return `${plain(value / 1e6)}M`;
  if (Math.abs(value) >= 1e4) return `${plain(value / 1e3)}k`;
  return plain(value);
}

function rate(value) {
  if (!isNumber(value)) return noValue;
  return `${value >= 99.95 ? count(value) : String(Number(value.toFixed(1)))}/s`;
}

function percent(fraction) {
  if (!isNumber(fraction)) return noValue;
  const value = fraction * 100;
  return `${value !== 0 && Math.abs(value) < 0.1 ? value.toPrecision(2) : value.toFixed(1)} %`;
}

/// Whole seconds, minutes, as on the terminal: 8s, 2m05s, 3h06m
function duration(seconds) {
  if (!isNumber(seconds)) return noValue;
  const whole = Math.max(0, Math.floor(seconds));
  const two = number => String(number).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
}

/// Time since the start of the load, for axes and cursors: 0:05, 1:02:03, 0:05.25
function clock(seconds, decimals = 0) {
  if (!isNumber(seconds)) return noValue;
  const scale = 10 ** decimals;
  const parts = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(parts / scale);
  const two = number => String(number).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const fraction = decimals > 0 ? `.${String(parts % scale).padStart(decimals, '0')}` : '';
  const text = `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}${fraction}`;
  return seconds < 0 && parts > 0 ? `-${text}` : text;
}

function bytes(value) {
  if (!isNumber(value)) return noValue;
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]])
    if (value >= size) return `${significant(value / size)} ${unit}`;
  return `${count(value)} B`;
}

function utc(text) {
  if (typeof text !== 'string') return noValue;
  return text.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

/// ISO 8601 of milliseconds since 1970; null: no time that a date can have.
function isoTime(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/// An amount of money, or what it buys: four significant digits, and from 1,000 on whole numbers.
function amount(value) {
  if (!isNumber(value)) return noValue;
  return value >= 1000 ? count(value) : value.toLocaleString('en-US', {maximumSignificantDigits: 4});
}

/// A value of a budget or of another figure with a unit of the report.
function inUnit(value, unit) {
  if (!isNumber(value)) return noValue;
  if (unit === 'ms') return milliseconds(value);
  if (unit === 'fraction') return percent(value);
  if (unit === 'currency') return amount(value);
  return Number.isInteger(value) ? count(value) : significant(value);
}

/// A part of a width, for styles.
function cssPercent(fraction) {
  return `${(fraction * 100).toFixed(4)}%`;
}

function plural(number, word, words = `${word}s`) {
  return `${count(number)} ${number === 1 ? word : words}`;
}
