// Writes js.hlog and refused.hlog, and what hdr-histogram-js says of js.hlog and ours.hlog. See README.md.
const fs = require("fs");
const hdr = require("hdr-histogram-js");

// A generator of our own, so that the files come out the same each time.
let state = 12345n;
const below = (bound) => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
  return Number((state >> 33n) % BigInt(bound));
};

const recorded = (values, highest = 3600000000, digits = 3, lowest = 1) => {
  const histogram = hdr.build({
    bitBucketSize: 64, autoResize: false, lowestDiscernibleValue: lowest,
    highestTrackableValue: highest, numberOfSignificantValueDigits: digits,
  });
  values.forEach((v) => histogram.recordValue(v));
  return histogram;
};
const many = (n, make) => Array.from({ length: n }, make);

const write = (file, histograms) => {
  let text = "";
  const log = new hdr.HistogramLogWriter((content) => { text += content; });
  log.outputLogFormatVersion();
  log.outputStartTime(Date.UTC(2026, 0, 1));
  log.outputLegend();
  Object.entries(histograms).forEach(([tag, histogram], i) => {
    histogram.tag = tag;
    log.outputIntervalHistogram(histogram, i, i + 1);
  });
  fs.writeFileSync(file, text);
};

const percentiles = (from, to) => {
  const reader = new hdr.HistogramLogReader(fs.readFileSync(from, "utf8"), 64);
  let text = "tag,statistic,microseconds\n";
  for (let h; (h = reader.nextIntervalHistogram()); ) {
    text += `${h.tag},count,${h.totalCount}\n${h.tag},mean,${h.mean}\n`;
    for (const p of [0, 0.1, 1, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100])
      text += `${h.tag},${p},${h.getValueAtPercentile(p)}\n`;
  }
  fs.writeFileSync(to, text);
};

write("js.hlog", {
  golden: recorded([1, 1000, 1000000]),
  empty: recorded([]),
  one: recorded([123456]),
  zero: recorded([0, 0, 0]),
  gaps_of_one: recorded([0, 2, 4, 6]), // a zero that stands alone
  edges: recorded([2047, 2048, 2049, 4095, 4096, 3599999999, 3600000000]),
  even: recorded(many(1000, (_, i) => i + 1)),
  wide: recorded(many(5000, () => below(2 ** (1 + below(31))))),
  other_highest: recorded(many(500, () => below(60000)), 60000000),
});
write("refused.hlog", {
  two_digits: recorded([1, 1000], 3600000000, 2),
  other_unit: recorded([1000, 100000], 3600000000, 3, 1000),
  above_an_hour: recorded([86400000000], 86400000000),
});
percentiles("js.hlog", "js.percentiles.csv");
if (fs.existsSync("ours.hlog")) percentiles("ours.hlog", "ours.percentiles.csv");
