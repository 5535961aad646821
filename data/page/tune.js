// The page of variants: what is recommended, a chart of each figure, table of the variants and their rounds. Data: tune.json.

const recommendations = ['cheapest', 'fastest', 'balanced'];

function recommendedAs(page, variant) {
  return recommendations.filter(name => page.recommended?.[name]?.variant === variant.name);
}

function recommendationBadges(page, variant) {
  return recommendedAs(page, variant).map(name => element('span', {class: 'badge pass'}, name));
}

function drawTuneResult(page) {
  const meeting = page.variants.filter(variant => variant.meets_budgets).length;
  const verdict = page.exit_code === 0 ? 'pass' : page.exit_code === 99 ? 'fail' : 'invalid';
  const balanced = page.recommended?.balanced?.variant ?? page.recommended?.fastest?.variant;
  document.title = `${balanced ?? 'no variant'}: ${page.scenario} – loadsim`;
  return fill('verdict',
    element('div', {class: `banner ${verdict}`},
      element('p', {class: 'word number-word'}, `${count(meeting)} of ${count(page.variants.length)}`),
      element('div', {}, element('h1', {}, page.scenario), element('p', {class: 'sentence'}, 'variants meet the budgets in all of their rounds.'))),
    facts([['started', utc(page.started_at)], ['lasted', duration(page.duration_ms / 1000)], ['target', page.target], ['seed', String(page.seed)],
           ['loadsim', page.version]]),
    element('dl', {class: 'tiles'}, recommendations.map(name => {
      const one = page.recommended?.[name] ?? {};
      return tile(name, one.variant ?? noValue, one.reason, {figure: name, value: one.variant, class: one.variant ? '' : 'quiet'});
    })));
}

function tuneFigures(page) {
  const figures = [
    {title: 'e2e p99', of: variant => variant.e2e_p99_ms, text: milliseconds},
    {title: 'e2e p50', of: variant => variant.e2e_p50_ms, text: milliseconds},
    {title: 'throughput', of: variant => variant.throughput_per_s, text: rate},
    {title: 'errors', of: variant => variant.error_share, text: percent},
    {title: page.cost_unit ? `cost (${page.cost_unit})` : 'cost', text: value => isNumber(value) ? String(Number(value.toPrecision(6))) : noValue,
     of: variant => isNumber(variant.cost) ? {mean: variant.cost, lowest: variant.cost, highest: variant.cost} : null}];
  return figures.filter(figure => page.variants.some(variant => figure.of(variant)));
}

/// Bar of the mean, with a line over the range of the rounds.
function spreadBar(spread, end, variant) {
  const at = value => cssPercent(Math.min(1, Math.max(0, value / end)));
  return element('div', {class: `meter ${variant.meets_budgets ? 'pass' : 'fail'}`, 'aria-hidden': 'true'},
    element('span', {class: 'seen', style: {width: at(spread.mean)}}),
    element('span', {class: 'interval', style: {left: at(spread.lowest), width: `calc(${at(spread.highest)} - ${at(spread.lowest)})`}}));
}

function drawTuneChart(page) {
  const figures = tuneFigures(page);
  if (figures.length === 0) return fill('chart');
  return fill('chart', element('h2', {id: 'chart-title'}, 'Variants side by side'),
    element('p', {class: 'quiet'}, 'Bars: mean of the rounds; the line is their range. Red: a budget was missed.'),
    element('div', {class: 'pair'}, figures.map(figure => {
      const end = Math.max(...page.variants.map(variant => figure.of(variant)?.highest ?? 0)) * 1.05 || 1;
      return element('figure', {'data-chart': figure.title}, element('figcaption', {}, element('h3', {}, figure.title)),
        table(`${figure.title} by variant`, [
          {title: 'variant', head: true, of: variant => [variant.name, recommendationBadges(page, variant)]},
          {unseen: 'bar', class: 'meter-cell', of: variant => figure.of(variant) ? spreadBar(figure.of(variant), end, variant) : noValue},
          {title: 'mean', number: true, value: variant => figure.of(variant)?.mean, of: variant => figure.text(figure.of(variant)?.mean)}],
        page.variants));
    })));
}

function drawTuneTable(page) {
  const range = (spread, text) => spread === null || spread === undefined ? noValue :
    [text(spread.mean), spread.lowest < spread.highest && element('span', {class: 'detail'}, `${text(spread.lowest)} to ${text(spread.highest)}`)];
  const budgets = variant => variant.valid_rounds === 0 ? 'invalid' : variant.meets_budgets ? 'met' : `missed${variant.missed_budget ? `: ${variant.missed_budget}` : ''}`;
  return fill('table', element('h2', {id: 'table-title'}, plural(page.variants.length, 'variant')),
    table('Variants', [
      {title: 'variant', head: true, of: variant => [variant.name, recommendationBadges(page, variant)]},
      {title: 'budgets', of: budgets},
      {title: 'rounds', number: true, of: variant => `${count(variant.valid_rounds)}${variant.invalid_rounds > 0 ? `, ${count(variant.invalid_rounds)} invalid` : ''}`},
      ...tuneFigures(page).map(figure => ({title: figure.title, number: true, value: variant => figure.of(variant)?.mean, of: variant => range(figure.of(variant), figure.text)})),
      {title: 'reports', of: variant => variant.rounds.map((round, i) => round.report &&
        [' ', element('a', {href: `${round.report.split('/').map(encodeURIComponent).join('/')}/report.html`, 'aria-label': `${variant.name}, round ${i + 1}`}, String(i + 1))])}],
    page.variants, {row: variant => ({class: variant.meets_budgets ? null : 'fail', 'data-variant': variant.name})}));
}
