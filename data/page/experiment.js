// The page of an experiment: of a capacity search, or of variants.

const experiments = {
  'loadsim.capacity/1': {kind: 'capacity', parts: [drawCapacityResult, drawCapacityCurve, drawCapacityHops, drawCapacitySteps, drawCapacityNotes], charts: [drawCapacityCurve]},
  'loadsim.tune/1': {kind: 'variants', parts: [drawTuneResult, drawTuneChart, drawTuneTable], charts: []},
};

function drawExperiment(page) {
  const {kind, parts, charts} = experiments[page.schema];
  chartParts = charts;
  shownPage = page;
  drawParts(page, parts);
  showAsDrawn(page, kind);
}
