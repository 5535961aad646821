#include "loadsim_run.hpp"

#include "connect_rate.hpp"
#include "temporary_folder.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace loadsim::bench {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::filesystem::path write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file) << text;
    return file;
}

double number_at(const json::value& summary, std::string_view path) {
    boost::system::error_code error;
    const auto* found = summary.find_pointer(path, error);
    if (found == nullptr || !found->is_number()) throw std::runtime_error(fmt::format("summary.json has no {}", path));
    return found->to_number<double>();
}

} // namespace

/// Messages of 200 bytes, as put_telemetry() of the baseline client sends them.
std::string telemetry_yaml(const workload& c) {
    return fmt::format("  telemetry:\n"
                       "    - name: bench\n"
                       "      every: {}ms\n"
                       "      topic: v1/{{vin}}/tlm\n"
                       "      qos: {}\n"
                       "      payload: '{{\"vin\":\"{{vin}}\",\"ts\":{{now:ms}},\"seq\":{{seq}},\"pad\":\"{}\"}}'\n",
                       1000ULL * c.vehicles / c.per_second, *c.telemetry_qos, std::string(136, 'x'));
}

std::string scenario_yaml(const workload& c) {
    const bool has_commands = c.per_second != 0 && !c.telemetry_qos;
    const auto* const quiet = c.telemetry_qos ? ", telemetryRate: 0" : "";
    return fmt::format(
        "name: fleet-bench\n"
        "seed: 1\n"
        "fleet:\n"
        "  vehicles: {}\n"
        "  connectRate: 1000000\n" // maximum rate
        ""
        "  segments: [{{name: all, share: 100%, behaviour: prompt}}]\n"
        "{}"
        "behaviours: {{prompt: {{steps: [executed]}}}}\n"
        "load:\n"
        "  driver: mqtt\n"
        "  services: {{horn: 1}}\n"
        "  lagLimit: 1m\n" // no lag limit: a run with high lag is kept, as it is for the baseline
        "  phases:\n"
        "    - {{name: idle, pause: {}s{}}}\n"
        "    - {{name: load, duration: {}s, {}}}\n"
        "    - {{name: quiet, pause: {}s{}}}\n"
        // A run ends with its last arrival regardless of later pauses: this arrival keeps the fleet online.
        "    - {{name: end, duration: 1s, arrivalCount: 1{}}}\n"
        "  drain: 5s\n",
        c.vehicles, c.telemetry_qos ? telemetry_yaml(c) : std::string{}, c.idle_before.count(), quiet, c.load.count(),
        has_commands ? fmt::format("arrivalRate: {}", c.per_second) : "arrivalCount: 1", c.idle_after.count(), quiet,
        quiet);
}

loadsim_run::loadsim_run(const bench_environment& environment, const workload& spec)
    : workload_(spec), report_(environment.folder() / "report"),
      process_("loadsim",
               {environment.programs().loadsim, "run",
                write_file(environment.folder() / "scenario.yaml", scenario_yaml(spec)), "--quiet", "--shards", "1",
                "--broker", environment.url(), "--report", report_},
               environment.folder()) {}

bool loadsim_run::all_online() {
    const auto now = std::chrono::steady_clock::now();
    std::ifstream in(report_ / "timeline.jsonl");
    for (std::string line; std::getline(in, line);) {
        if (in.eof()) return false; // incomplete last line
        boost::system::error_code error;
        const auto value = json::parse(line, error);
        if (error || value.at("stage") != "load") continue;
        const auto since = std::chrono::duration<double, std::milli>(value.at("load_elapsed_ms").to_number<double>());
        online_since_ = now - std::chrono::duration_cast<std::chrono::nanoseconds>(since);
        return true;
    }
    return false;
}

double loadsim_run::await_online() {
    return measure_connect_rate(process_, workload_.vehicles, [this] { return all_online(); });
}

metrics loadsim_run::finish() {
    process_.await_end(std::chrono::seconds{60});
    const auto summary = json::parse(harness::read_file(report_ / "summary.json"));
    const double due = number_at(summary, "/requests/due");
    const double executed = number_at(summary, "/requests/outcomes/executed");
    const double dropped = number_at(summary, "/sessions/dropped");
    if (due != executed || dropped != 0)
        throw std::runtime_error(fmt::format("a run is worth nothing: {} of {} requests executed, {} sessions dropped",
                                             executed, due, dropped));
    if (workload_.telemetry_qos) {
        const double messages = number_at(summary, "/telemetry/0/due");
        if (messages != number_at(summary, "/telemetry/0/acknowledged"))
            throw std::runtime_error("a run is worth nothing: telemetry was not acknowledged");
        return {{"requests", messages},
                {"lag_p99_ms", number_at(summary, "/telemetry/0/lag/p99_ms")},
                {"lag_max_ms", number_at(summary, "/telemetry/0/lag/max_ms")}};
    }
    return {{"requests", number_at(summary, "/phases/1/due")},
            {"latency_p50_ms", number_at(summary, "/phases/1/e2e/p50_ms")},
            {"latency_p99_ms", number_at(summary, "/phases/1/e2e/p99_ms")},
            {"latency_max_ms", number_at(summary, "/phases/1/e2e/max_ms")},
            {"lag_p99_ms", number_at(summary, "/latency/lag/p99_ms")},
            {"lag_max_ms", number_at(summary, "/latency/lag/max_ms")}};
}

} // namespace loadsim::bench
