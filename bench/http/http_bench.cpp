// HTTP benchmark: cost per request of loadsim's HTTP driver and of wrk, in alternating runs against the same server. Exit code 0:
// all targets met; 1: a target was missed; 2: the measurement failed.
#include "nginx.hpp"
#include "results.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

int main(int count, char** arguments) {
    using namespace loadsim::bench;
    results r{.host = this_machine(), .wrk_version = {}, .pairs = 5, .seconds = 3, .closed = {}, .open = {}};
    r.open.connections = 64;
    r.open.rate = 20'000;
    std::vector<unsigned> connections{64, 8};
    std::filesystem::path folder = LOADSIM_RESULTS;

    CLI::App app{"loadsim's HTTP driver and wrk, in alternating runs against the same nginx"};
    app.add_option("--pairs", r.pairs, "runs of each at each number of connections")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--seconds", r.seconds, "of each run")->check(CLI::Range(1, 3600))->capture_default_str();
    app.add_option("--connections", connections, "numbers of connections")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--rate", r.open.rate, "requests per second of the open-loop run")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--results", folder, "folder for http.md and http.json")->capture_default_str();
    CLI11_PARSE(app, count, arguments);

    try {
        const nginx server;
        r.wrk_version = version_of_wrk();
        for (const auto c : connections) r.closed.push_back(compare(server.port(), c, r.pairs, r.seconds));
        r.open.measured = run_loadsim_open(server.port(), r.open.connections, r.seconds, r.open.rate);
        fmt::print("\n{}", markdown(r));
        write(r, folder);
        return r.meets_targets() ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "http_bench: {}\n", error.what());
        return 2;
    }
}
