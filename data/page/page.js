// The last of the scripts, which are one script in the page: format.js is the first, the others are in any order between.
// Draws the page from its data. A part that cannot be drawn is named at the top; the others are drawn.

const pageParts = [drawWarnings, drawVerdict, drawLive, drawRuns, drawBudgets, drawHops, drawOverTime, drawHeatMap, drawPercentiles, drawHistogram,
                   drawLatencyTable, drawOutcomes, drawAnomalies, drawRecoveries, drawCampaigns, drawTelemetry, drawTaps, drawCost, drawRequests, drawHealth, drawComparison, drawScenario, drawFiles];

let shownPage = null;
let chartParts = [drawOverTime, drawHeatMap, drawPercentiles, drawHistogram];

/// Draws parts of a page, and names those that cannot be drawn.
function drawParts(page, parts) {
  const failed = [];
  for (const part of parts) {
    try {
      part(page, page.progress);
    } catch (error) {
      console.error(error);
      failed.push(`${part.name}: ${error.message}`);
    }
  }
  if (failed.length === 0) return;
  const part = document.getElementById('warnings');
  append(part, [element('p', {}, `Parts of this page could not be drawn: ${failed.join('; ')}.`)]);
  part.hidden = false;
}

function showAsDrawn(page, kind) {
  document.getElementById('kind').textContent = kind;
  document.getElementById('footer').replaceChildren(`loadsim ${page.version ?? ''} · words: docs/terminology.md · fields: docs/report-fields.md`);
  resizeCharts();
  void document.body.offsetHeight; // the layout is part of what is measured
  document.documentElement.dataset.drawn ??= String(Math.round(performance.now() - pageStarted));
}

function drawPage(page) {
  shownPage = page;
  drawParts(page, pageParts);
  for (const id of ['latency', 'results', 'telemetry', 'run'])
    document.getElementById(id).hidden = [...document.querySelectorAll(`#${id} .card`)].every(card => card.hidden);
  showAsDrawn(page, page.live ? 'live' : 'report');
}

/// Charts take their colours and widths from the page: drawn again for another colour scheme and for paper.
function redrawCharts() {
  for (const part of chartParts) part(shownPage);
  resizeCharts();
}

function prepareForPaper() {
  document.documentElement.classList.add('print');
  for (const details of document.querySelectorAll('details:not([open])')) {
    if (details.closest('#scenario')) continue;
    details.open = true;
    details.dataset.closed = '';
  }
  if (shownPage) redrawCharts();
}

function returnToScreen() {
  document.documentElement.classList.remove('print');
  for (const details of document.querySelectorAll('details[data-closed]')) {
    details.open = false;
    delete details.dataset.closed;
  }
  if (shownPage) redrawCharts();
}

function startPage() {
  let page = null;
  try {
    page = JSON.parse(document.getElementById('page-data').textContent);
  } catch (error) {
    fill('warnings', element('h2', {}, 'The data of this page cannot be read'), element('p', {}, error.message));
  }
  if (page && Object.hasOwn(experiments, page.schema)) drawExperiment(page);
  else if (page?.live && !page.runs?.length) startLive();
  else if (page?.runs?.length) drawPage(page);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shownPage && redrawCharts());
  addEventListener('beforeprint', prepareForPaper);
  addEventListener('afterprint', returnToScreen);
}

startPage();
