// Figures as people read them: "1.22 s", "227.8 ms", "4,883". A figure shows a value if it is the value, rounded to its own digits.
import assert from 'node:assert/strict';

const inMilliseconds = { ns: 1e-6, µs: 1e-3, μs: 1e-3, us: 1e-3, ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const digits = String.raw`\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;

function figure(text, factor) {
  const plain = text.replace(/[^\d.]/g, '');
  const decimals = plain.split('.')[1]?.length ?? 0;
  return { value: Number(plain) * factor, rounding: 0.5001 * 10 ** -decimals * factor };
}

/// All durations in a text, in ms.
export const durations = (text) =>
  [...text.matchAll(new RegExp(`(${digits})\\s*(ns|µs|μs|us|ms|s|min|h)(?![a-z])`, 'g'))].map(([, number, unit]) =>
    figure(number, inMilliseconds[unit]),
  );

/// All numbers in a text.
export const numbers = (text) =>
  [...text.matchAll(new RegExp(`(?<![\\d.])(${digits})`, 'g'))].map(([, number]) => figure(number, 1));

const isShown = (figures, value) => figures.some((shown) => Math.abs(shown.value - value) <= shown.rounding);

export const assertShowsDuration = (text, ms, what) =>
  assert.ok(isShown(durations(text), ms), `${what}: expected ${ms} ms, rounded, in "${text}"`);
export const assertShowsNumber = (text, number, what) =>
  assert.ok(isShown(numbers(text), number), `${what}: expected ${number}, rounded, in "${text}"`);
