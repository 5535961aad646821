// The last of the scripts, which are one script in the page: format.js is the first, the others are in any order between.
// Draws the page from its data. A part that cannot be drawn is named at the top; the others are drawn.

const pageParts = [drawWarnings, drawVerdict, drawLive, drawRuns, drawBudgets, drawHops, drawOverTime, drawHeatMap, drawPercentiles, drawHistogram,
                   drawLatencyTable, drawOutcomes, drawAnomalies, drawRecoveries, drawCampaigns, drawTelemetry, drawTaps, drawCost, drawRequests, drawHealth, drawComparison, drawScenario, drawFiles];

let shownPage = null;

function drawPage(page) {
  shownPage = page;
  const failed = [];
  for (const part of pageParts) {
    try {
      part(page, page.progress);
    } catch (error) {
      console.error(error);
      failed.push(`${part.name}: ${error.message}`);
    }
  }
  for (const id of ['latency', 'results', 'telemetry', 'run'])
    document.getElementById(id).hidden = [...document.querySelectorAll(`#${id} .card`)].every(card => card.hidden);
  if (failed.length > 0) {
    const part = document.getElementById('warnings');
    append(part, [element('p', {}, `Parts of this page could not be drawn: ${failed.join('; ')}.`)]);
    part.hidden = false;
  }
  document.getElementById('kind').textContent = page.live ? 'live' : 'report';
  document.getElementById('footer').replaceChildren(`loadsim ${page.version ?? ''} · words: docs/terminology.md · fields: docs/report-fields.md`);
  resizeCharts();
  void document.body.offsetHeight; // the layout is part of what is measured
  document.documentElement.dataset.drawn ??= String(Math.round(performance.now() - pageStarted));
}

/// Charts take their colours and widths from the page: drawn again for another colour scheme and for paper.
function redrawCharts() {
  for (const part of [drawOverTime, drawHeatMap, drawPercentiles, drawHistogram]) part(shownPage);
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
  if (page?.live && !page.runs?.length) startLive();
  else if (page?.runs?.length) drawPage(page);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => shownPage && redrawCharts());
  addEventListener('beforeprint', prepareForPaper);
  addEventListener('afterprint', returnToScreen);
}

startPage();
