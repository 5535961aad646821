// Fleet benchmark: loadsim and the baseline client in alternating runs against the same mosquitto. docs/benchmarks.md has the command.
#include "measurement.hpp"
#include "tls_measurement.hpp"

#include <loadsim/target/preflight.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <vector>

int main(int count, char** arguments) {
    using namespace loadsim;
    bench::measurement_plan plan{.programs = {LOADSIM_FLOOR, LOADSIM_PROGRAM, LOADSIM_ENGINE, LOADSIM_PAHO},
                                 .scratch = std::filesystem::temp_directory_path() /
                                            fmt::format("fleet-bench-{}", ::getpid())};
    std::filesystem::path output_folder = LOADSIM_RESULTS;
    std::vector<std::string> only;
    bool quick = false;
    const std::set<std::string> parts{"connect", "roundtrip", "exchange", "telemetry", "scale", "paho", "tls"};

    CLI::App app("Compares loadsim with the baseline client; about an hour in all");
    auto* pairs = app.add_option("--pairs", plan.pairs, "Runs of each, alternating")
                      ->check(CLI::Range(1, 100))
                      ->capture_default_str();
    app.add_option("--only", only, "Some of connect,roundtrip,exchange,telemetry,scale,paho,tls")
        ->delimiter(',')
        ->check(CLI::IsMember(parts));
    app.add_flag("--quick", quick, "Two pairs, short runs: to see whether it works, not to publish");
    app.add_option("--into", output_folder, "Folder for fleet.md, tls.md and their .json")->capture_default_str();
    CLI11_PARSE(app, count, arguments);

    if (quick) {
        if (pairs->empty()) plan.pairs = 2;
        plan.unpaired_runs = 1;
        plan.measured = std::chrono::seconds{4};
        plan.quick = true;
    }
    if (!only.empty()) {
        const auto wanted = [&](const char* part) { return std::ranges::find(only, part) != only.end(); };
        plan.connect = wanted("connect");
        plan.round_trip = wanted("roundtrip");
        plan.exchange = wanted("exchange");
        plan.telemetry = wanted("telemetry");
        plan.scale = wanted("scale");
        plan.paho = wanted("paho");
        plan.tls = wanted("tls");
    }
    try {
        target::raise_open_file_limit(); // inherited by the brokers, which are child processes
        const auto publish = [&](const bench::results& partial) { bench::write(partial, output_folder); };
        if (plan.any_without_tls()) fmt::print("{}", bench::to_markdown(bench::measure(plan, publish)));
        if (plan.tls) fmt::print("{}", bench::to_markdown(bench::measure_tls(plan, publish)));
        std::filesystem::remove_all(plan.scratch);
    } catch (const std::exception& error) {
        fmt::print(stderr, "\nfleet_bench: {}\nwhat was written is in {}\n", error.what(), plan.scratch.string());
        return 1;
    }
}
