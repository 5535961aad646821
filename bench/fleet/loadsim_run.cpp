#include "loadsim_run.hpp"

#include "connecting.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::filesystem::path written(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
    return file;
}

std::string contents(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return std::move(text).str();
}

double at(const json::value& summary, std::string_view path) {
    boost::system::error_code error;
    const auto* found = summary.find_pointer(path, error);
    if (found == nullptr || !found->is_number()) throw std::runtime_error(fmt::format("summary.json has no {}", path));
    return found->to_number<double>();
}

} // namespace

std::string scenario_of(const course& c) {
    return fmt::format(
        "name: fleet-bench\n"
        "seed: 1\n"
        "fleet:\n"
        "  vehicles: {}\n"
        "  connectRate: 1000000\n" // as fast as they come through
        ""
        "  segments: [{{name: all, share: 100%, behaviour: prompt}}]\n"
        "behaviours: {{prompt: {{steps: [executed]}}}}\n"
        "load:\n"
        "  driver: mqtt\n"
        "  services: {{horn: 1}}\n"
        "  lagLimit: 1m\n" // lag is measured here, not judged: a bad run counts, as the floor's does
        "  phases:\n"
        "    - {{name: idle, pause: {}s}}\n"
        "    - {{name: load, duration: {}s, {}}}\n"
        "    - {{name: quiet, pause: {}s}}\n"
        // A run is over with its last arrival, whatever pause comes after it: this one keeps the fleet on line.
        "    - {{name: end, duration: 1s, arrivalCount: 1}}\n"
        "  drain: 5s\n",
        c.vehicles, c.idle_before.count(), c.load.count(),
        c.per_second == 0 ? "arrivalCount: 1" : fmt::format("arrivalRate: {}", c.per_second), c.idle_after.count());
}

loadsim_run::loadsim_run(const stage& on, const course& wanted)
    : course_(wanted), report_(on.folder() / "report"),
      process_("loadsim",
               {on.programs().loadsim, "run", written(on.folder() / "scenario.yaml", scenario_of(wanted)), "--quiet",
                "--shards", "1", "--broker", on.url(), "--report", report_},
               on.folder()) {}

bool loadsim_run::all_online() {
    const auto now = std::chrono::steady_clock::now();
    std::ifstream in(report_ / "timeline.jsonl");
    for (std::string line; std::getline(in, line);) {
        if (in.eof()) return false; // a line that is still being written
        boost::system::error_code error;
        const auto value = json::parse(line, error);
        if (error || value.at("stage") != "load") continue;
        const auto since = std::chrono::duration<double>(value.at("load_s").to_number<double>());
        online_since_ = now - std::chrono::duration_cast<std::chrono::nanoseconds>(since);
        return true;
    }
    return false;
}

double loadsim_run::await_online() {
    return connects_per_second(process_, course_.vehicles, [this] { return all_online(); });
}

figures loadsim_run::finish() {
    process_.await_end(std::chrono::seconds{60});
    const auto summary = json::parse(contents(report_ / "summary.json"));
    const double due = at(summary, "/requests/due");
    const double executed = at(summary, "/requests/outcomes/executed");
    const double dropped = at(summary, "/sessions/dropped");
    if (due != executed || dropped != 0)
        throw std::runtime_error(fmt::format("a run is worth nothing: {} of {} requests executed, {} sessions dropped",
                                             executed, due, dropped));
    return {{"requests", at(summary, "/phases/1/due")},           {"latency_p50_ms", at(summary, "/phases/1/e2e/p50")},
            {"latency_p99_ms", at(summary, "/phases/1/e2e/p99")}, {"latency_max_ms", at(summary, "/phases/1/e2e/max")},
            {"lag_p99_ms", at(summary, "/latency/lag/p99")},      {"lag_max_ms", at(summary, "/latency/lag/max")}};
}

} // namespace loadsim::bench
