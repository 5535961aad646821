// CPU cost per command of the simulated broker API, compared with a bare HTTP server: at maximum rate, at 10,000/s, and at the
// published mean of 1,160/s. The servers run alternately.
#include "load.hpp"
#include "server_process.hpp"
#include "servers.hpp"

#include <loadsim/http/server.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace loadsim;
using namespace loadsim::bench;

struct sample {
    load_result load;
    server_usage usage;
    double cpu_us() const { return usage.cpu_s * 1e6 / load.requests; }
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

template <class Figure>
double median_of(const std::vector<sample>& all, Figure figure) {
    std::vector<double> values;
    for (const auto& s : all) values.push_back(figure(s));
    return median(std::move(values));
}

sample measure(const std::string& server_kind, const std::string& inbound, std::uint32_t connections, double seconds,
               double rate) {
    server_process server(server_kind, inbound);
    sample s;
    s.load = post_commands(server.port(), connections, seconds, rate);
    s.usage = server.stop();
    if (s.load.failed > 0)
        throw std::runtime_error(fmt::format("{}: {} answers are no 202", server_kind, s.load.failed));
    return s;
}

std::string line(const std::string& name, const std::vector<sample>& all, const std::vector<sample>& baseline) {
    const auto cpu = [](const sample& s) { return s.cpu_us(); };
    const auto cpu_median = median_of(all, cpu);
    return fmt::format(
        "| {} | {:.0f} | {:.1f} | {:.2f} | {:.2f} | {:.1f} | {:.1f} |\n", name,
        median_of(all, [](const sample& s) { return s.load.per_second(); }), cpu_median,
        cpu_median / median_of(baseline, cpu),
        median_of(all, [](const sample& s) { return static_cast<double>(s.usage.responses_posted) / s.load.requests; }),
        median_of(all, [](const sample& s) { return s.usage.drain_s; }),
        median_of(all, [](const sample& s) { return static_cast<double>(s.usage.peak_bytes) / 1e6; }));
}

} // namespace

int main(int count, char** arguments) {
    std::string server_kind;
    std::string inbound;
    unsigned rounds = 5;
    unsigned connections = 64;
    double seconds = 3;
    std::vector<unsigned> rates{10'000, 1'160};
    std::filesystem::path folder = LOADSIM_RESULTS;
    CLI::App app{"The simulated broker API and a bare HTTP server, in alternating runs"};
    app.add_option("--rounds", rounds, "of all three")->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--connections", connections)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--seconds", seconds, "of each run")->check(CLI::Range(0.1, 3600.0))->capture_default_str();
    app.add_option("--rates", rates, "requests per second, besides as fast as possible")->capture_default_str();
    app.add_option("--results", folder, "folder for broker_api.md")->capture_default_str();
    app.add_option("--serve", server_kind)->group("");
    app.add_option("--inbound", inbound)->group("");
    CLI11_PARSE(app, count, arguments);
    if (!server_kind.empty()) return serve(server_kind, inbound);

    try {
        auto platform = http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [](const http::request_view&) {
            return http::server_response{.status = 202, .content_type = {}};
        });
        if (!platform) throw std::runtime_error(to_string(platform.error()));
        const std::vector<std::string> servers{"floor", "vehicles", "posting"};
        struct table {
            std::string title;
            double rate; ///< 0: maximum rate
            std::vector<std::vector<sample>> by_contender{3, std::vector<sample>{}};
        };
        std::vector<table> tables;
        tables.push_back({.title = "As fast as possible", .rate = 0});
        for (const auto rate : rates)
            tables.push_back({.title = fmt::format("{} per second", rate), .rate = static_cast<double>(rate)});
        for (unsigned r = 0; r < rounds; ++r)
            for (auto& t : tables)
                for (std::size_t i = 0; i < servers.size(); ++i) {
                    const auto which =
                        (i + r) % servers.size(); // rotating order: drift of the machine affects all servers
                    t.by_contender[which].push_back(
                        measure(servers[which], platform->url(), connections, seconds, t.rate));
                }
        std::string text = fmt::format("# The simulated broker API\n\n"
                                       "24,500,000 vehicles; medians of {} runs of {} s each over {} connections, {} "
                                       "cores. The load generator, and the "
                                       "platform that responses are posted to, are another process on the same "
                                       "machine. CPU and memory are those of the "
                                       "server's process alone, its start included. Up to 100,000 responses wait for "
                                       "the platform, more are dropped and "
                                       "counted: fewer than 2 posted per request, or a late last response, mean that "
                                       "responses were made faster than the "
                                       "platform accepted them.\n",
                                       rounds, seconds, connections, std::thread::hardware_concurrency());
        const std::vector<std::string> names{"bare server, 202", "commands, responses made",
                                             "commands, responses posted (two each)"};
        for (const auto& t : tables) {
            text += fmt::format("\n## {}\n\n| server | requests/s | CPU µs/request | times the bare server | responses "
                                "posted/request | s until the last response | peak MB |\n"
                                "| --- | --- | --- | --- | --- | --- | --- |\n",
                                t.title);
            for (std::size_t i = 0; i < names.size(); ++i) text += line(names[i], t.by_contender[i], t.by_contender[0]);
        }
        fmt::print("{}", text);
        std::ofstream(folder / "broker_api.md") << text;
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "broker_api_bench: {}\n", error.what());
        return 2;
    }
}
