// What the charts of a page show: pixels of their canvases, and the labels of their axes.
import assert from 'node:assert/strict';

export const overTime = ['rate', 'latency', 'outcomes', 'in-flight', 'sessions', 'lag'];
export const overTimeChart = (name) => `#over-time figure[data-chart="${name}"]`;

/// Chart in the element of a selector: pixels of each canvas by colour, the most frequent first; labels below it from left to right, and
/// beside it from top to bottom; all texts, those on the canvases among them.
export function readChart(page, selector) {
  return page.evaluate((wanted) => {
    const part = document.querySelector(wanted);
    const canvases = [...(part?.querySelectorAll('canvas') ?? [])];
    const labels = (axis, edge) =>
      [...(part?.querySelectorAll(`.dygraph-axis-label-${axis}`) ?? [])]
        .map((label) => ({ text: label.textContent.trim(), at: label.getBoundingClientRect()[edge] }))
        .sort((a, b) => a.at - b.at)
        .map(({ text }) => text);
    return {
      pixels: canvases.map((canvas) => {
        const colours = new Map();
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        for (const pixel of new Uint32Array(data.buffer)) colours.set(pixel, (colours.get(pixel) ?? 0) + 1);
        return [...colours.values()].sort((a, b) => b - a);
      }),
      below: labels('x', 'left'),
      beside: labels('y', 'top'),
      texts: [part?.innerText ?? '', ...canvases.flatMap((canvas) => canvas.texts ?? [])].join(' '),
    };
  }, selector);
}

/// Chart with more than a background and one colour on top of it.
export async function assertDrawn(page, selector) {
  const chart = await readChart(page, selector);
  assert.ok(chart.pixels.length > 0, `${selector} has no canvas`);
  const colours = chart.pixels.map((counts) => counts.slice(1).filter((count) => count > 20).length);
  assert.ok(
    Math.max(...colours) >= 2,
    `${selector} is blank: pixels by colour ${chart.pixels.map((counts) => counts.slice(0, 4)).join('; ')}`,
  );
  return chart;
}

/// Clock of a time axis, "0:05" or "1:02:03.5", in seconds.
export const clockSeconds = (clock) =>
  (clock.startsWith('-') ? -1 : 1) *
  clock
    .replace('-', '')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);

/// Drags over part of a chart, from one fraction of its width to another.
export async function dragOver(page, selector, from, to) {
  const box = await plotBox(page, selector);
  const at = (fraction) => [box.x + box.width * fraction, box.y + box.height / 2];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at((from + to) / 2), { steps: 3 });
  await page.mouse.move(...at(to), { steps: 3 });
  await page.mouse.up();
}

/// Place of a chart's uppermost canvas in the window, after scrolling there.
export async function plotBox(page, selector) {
  const canvas = page.locator(`${selector} canvas`).last();
  await canvas.scrollIntoViewIfNeeded();
  return canvas.boundingBox();
}
