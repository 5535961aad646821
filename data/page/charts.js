// Charts, by dygraphs: colours of the page, axes, cursor, keys. Names of series in a chart are s0, s1, ...; the legends are text of the page.

const drawnCharts = new Map(); // by the element of the plot

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// The legends are the page's own: that of dygraphs makes markup of names, and a style attribute that the page's policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter(plugin => plugin !== Dygraph.Plugins.Legend);

/// The interaction of dygraphs but for touch, which scrolls the page.
function mouseOnly() {
  return Object.fromEntries(Object.entries(Dygraph.defaultInteractionModel).filter(([name]) => !name.startsWith('touch')));
}

function timeTicks(from, until, pixels) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const wanted = (until - from) / Math.max(1, Math.floor(pixels / 75));
  const step = steps.find(size => size >= wanted) ?? Math.ceil(wanted / 86400) * 86400;
  const ticks = [];
  for (let i = Math.ceil(from / step); i * step <= until; ++i) ticks.push({v: i * step, label: clock(i * step, step < 1 ? 1 : 0)});
  return ticks;
}

/// Ticks of a log scale: each power of ten, or 1, 2 and 5 of each if they are few; in steps within less than a power of ten.
function logTicks(from, until, text) {
  const ticks = [];
  const add = value => { if (value >= from * 0.999 && value <= until * 1.001) ticks.push({v: value, label: text(value)}); };
  if (until / from < 8) {
    const step = niceStep((until - from) / 4);
    for (let i = Math.ceil(from / step); i * step <= until; ++i) add(Number((i * step).toPrecision(6)));
    return ticks;
  }
  const first = Math.floor(Math.log10(from)), last = Math.ceil(Math.log10(until));
  const parts = last - first <= 3 ? [1, 2, 5] : [1];
  for (let exponent = first; exponent <= last; exponent += last - first > 7 ? 2 : 1)
    for (const part of parts) add(Number((part * 10 ** exponent).toPrecision(3)));
  return ticks;
}

/// 1, 2 or 5 times a power of ten, not below a size.
function niceStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5, 10].map(part => part * power).find(step => step >= size * 0.999);
}

/// Ticks of an axis whose values are logarithms to base 10.
function exponentTicks(from, until, text) {
  return logTicks(10 ** from, 10 ** until, text).map(tick => ({v: Math.log10(tick.v), label: tick.label}));
}

function cursorPoint(chart, name, context, x, y, seriesColour, radius) {
  const area = chart.getArea();
  context.strokeStyle = colour('cursor');
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, area.y);
  context.lineTo(Math.round(x) + 0.5, area.y + area.h);
  context.stroke();
  context.fillStyle = seriesColour;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/// Moves the cursor of a chart by keys; show(row or null) sets it.
function cursorByKeys(plot, rows, show, zoom) {
  let row = null;
  plot.addEventListener('keydown', event => {
    const last = rows() - 1;
    const step = event.shiftKey ? Math.max(1, Math.round(last / 20)) : 1;
    const next = {ArrowLeft: row === null ? last : row - step, ArrowRight: row === null ? 0 : row + step,
                  Home: 0, End: last}[event.key];
    if (event.key === 'Escape') row = null;
    else if (next !== undefined && last >= 0) row = Math.min(last, Math.max(0, next));
    else if (zoom && (event.key === '+' || event.key === '-')) zoom(row, event.key === '+');
    else return;
    event.preventDefault();
    show(row);
  });
  plot.addEventListener('blur', () => { row = null; show(null); });
  return current => { row = current; };
}

/// A legend entry per series; setValues(texts) shows the figures at the cursor.
function legend(series) {
  const values = series.map(() => element('span', {class: 'at-cursor'}));
  const list = element('ul', {class: 'legend'}, series.map((one, i) => element('li', {},
    element('span', {class: `key${one.fill ? ' filled' : ''}${one.dash ? ' dashed' : ''}`, style: {'--key': colour(one.colour)}, 'aria-hidden': 'true'}),
    one.label, one.right && element('span', {class: 'quiet'}, ' (right)'), values[i])));
  return {list, setValues: texts => values.forEach((value, i) => { value.textContent = texts?.[i] ?? ''; })};
}

/// A figure: heading (unless one stands above it), legend, plot with its description. The chart is drawn by makeChart once the figure is in the page.
function chartFigure(id, title, series, description, note, heading = true) {
  const entries = legend(series);
  const plot = element('div', {class: 'plot', tabindex: 0, role: 'img', 'aria-label': `${title}. ${description}`});
  const figure = element('figure', {'data-chart': id},
    element('figcaption', {}, heading && element('h3', {}, title), note && element('span', {class: 'quiet'}, note), entries.list), plot);
  return {figure, plot, setValues: entries.setValues};
}

function makeChart(plot, rows, series, options) {
  drawnCharts.get(plot)?.destroy();
  const text = colour('muted');
  const {axes = {}, ...others} = options;
  const axis = {axisLineColor: colour('rule'), gridLineColor: colour('grid'), axisLabelFontSize: 12, gridLineWidth: 1};
  const chart = new Dygraph(plot, rows, {
    labels: ['x', ...series.map((_, i) => `s${i}`)],
    series: Object.fromEntries(series.map((one, i) => [`s${i}`, {
      color: colour(one.colour), strokeWidth: one.width ?? 1.6, strokePattern: one.dash ?? null, fillGraph: Boolean(one.fill),
      axis: one.right ? 'y2' : 'y', stepPlot: Boolean(one.step), drawPoints: Boolean(one.points)}])),
    legend: 'never', animatedZooms: false, highlightCircleSize: 3, drawHighlightPointCallback: cursorPoint,
    interactionModel: mouseOnly(), rightGap: 8, xRangePad: 0, labelsKMB: false, fillAlpha: 0.25,
    axes: {x: {...axis, drawGrid: false, axisLabelWidth: 56, ...axes.x}, y: {...axis, axisLabelWidth: 54, pixelsPerLabel: 28, ...axes.y},
           ...(axes.y2 ? {y2: {...axis, axisLabelWidth: 44, pixelsPerLabel: 28, drawGrid: false, independentTicks: true, ...axes.y2}} : {})},
    axisLabelColor: text,
    ...others});
  drawnCharts.set(plot, chart);
  return chart;
}

/// For a chart that is shown later, or whose part of the page got another width.
function resizeCharts() {
  for (const [plot, chart] of drawnCharts) {
    if (plot.isConnected) chart.resize();
    else {
      chart.destroy();
      drawnCharts.delete(plot);
    }
  }
}
