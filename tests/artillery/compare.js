// Runs a script of Artillery with Artillery itself and with loadsim, each against a counting server of its own, and prints the arrivals
// of both by phase. Exit code 1: they differ by more than `tolerance` in a phase.
//
//     node compare.js LOADSIM SCRIPT
//
// Between the phases of the script is a pause of a second, so that an arrival that Artillery begins at the very end of a phase, or a line
// that it prints late, belongs to its phase.
"use strict";
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const yaml = require("js-yaml");

// Artillery begins the arrivals of a constant rate at intervals of whole microseconds, and ends the phase when their number has been
// begun: a long interval that is cut off at the end may have room for one more or one less.
const tolerance = 1;
const limit = 100_000; // ms, for each of the two programs

const [program, script] = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "compare-artillery-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));

/** Counts the requests that are the last of their flow: not those to /login and /sessions. */
async function countingServer(onArrival) {
  const server = http.createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      if (request.method !== "HEAD" && request.url !== "/" && !/\/(login|sessions)/.test(request.url)) onArrival();
      response.setHeader("Content-Type", "application/json");
      response.end('{"token":"t-1"}');
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => (server.close(), server.closeAllConnections()) };
}

/** Exit code of a command; its lines are given to `onLine`. */
function run(command, args, onLine = () => {}) {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: "true", WORKERS: "1", API_PASSWORD: "password-of-tests" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let rest = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += data;
      rest += data;
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        onLine(rest.slice(0, end));
        rest = rest.slice(end + 1);
      }
    });
  const timer = setTimeout(() => child.kill("SIGKILL"), limit);
  return new Promise((done) =>
    child.on("close", (code) => {
      clearTimeout(timer);
      done({ code, output });
    }),
  );
}

/** The script with a pause behind each phase, and its payload files beside it. */
function prepare() {
  const tree = yaml.load(fs.readFileSync(script, "utf8"));
  const phases = tree.config.phases;
  tree.config.phases = phases.flatMap((phase) => [phase, { pause: 1 }]);
  delete tree.config.ensure; // a missed check would end Artillery with an exit code of its own
  for (const payload of [tree.config.payload ?? []].flat())
    fs.copyFileSync(path.join(path.dirname(script), payload.path), path.join(folder, payload.path));
  fs.writeFileSync(path.join(folder, "script.yml"), yaml.dump(tree));
  return phases.map((phase, i) => phase.name ?? `phase ${i + 1}`);
}

async function arrivalsOfArtillery(phases) {
  const counts = phases.map(() => 0);
  let phase = 0;
  const server = await countingServer(() => ++counts[Math.min(Math.floor(phase / 2), counts.length - 1)]);
  const { code, output } = await run(
    process.execPath,
    [require.resolve("artillery/bin/run"), "run", "--target", server.url, "script.yml"],
    (line) => {
      const started = line.match(/Phase started.*index: (\d+)/);
      if (started) phase = Number(started[1]);
    },
  );
  server.close();
  if (code !== 0 || phase === 0) throw new Error(`Artillery ended with ${code}:\n${output}`);
  return counts;
}

async function arrivalsOfLoadsim(phases) {
  let total = 0;
  const server = await countingServer(() => ++total);
  const imported = await run(program, ["import", "artillery", "script.yml", "--out", "scenario.yaml"]);
  if (imported.code !== 0) throw new Error(`the import ended with ${imported.code}:\n${imported.output}`);
  const { code, output } = await run(program, [
    ..."run scenario.yaml --report report --set load.lagLimit=5s".split(" "),
    ...["--set", "budgets=[]", "--api", server.url],
  ]);
  server.close();
  if (code !== 0) throw new Error(`loadsim ended with ${code}:\n${output}`);
  const summary = JSON.parse(fs.readFileSync(path.join(folder, "report/summary.json"), "utf8"));
  if (summary.requests.sent !== total) throw new Error(`loadsim sent ${summary.requests.sent} requests, and ${total} arrived`);
  return phases.map((_, i) => summary.phases[2 * i].due);
}

async function main() {
  const phases = prepare();
  const [artillery, loadsim] = await Promise.all([arrivalsOfArtillery(phases), arrivalsOfLoadsim(phases)]);
  const width = Math.max(...phases.map((name) => name.length), 5);
  const lines = [`${path.basename(script)}`, `  ${"phase".padEnd(width)}  Artillery  loadsim`];
  let equal = true;
  phases.forEach((name, i) => {
    const differs = Math.abs(artillery[i] - loadsim[i]) > tolerance;
    equal &&= !differs;
    lines.push(`  ${name.padEnd(width)}  ${String(artillery[i]).padStart(9)}  ${String(loadsim[i]).padStart(7)}${differs ? "  differs" : ""}`);
  });
  console.log(lines.join("\n"));
  return equal ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(`${script}: ${error.message}`);
    process.exitCode = 1;
  },
);
