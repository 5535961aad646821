// What a command costs the stand-in for a broker's API, beside a bare HTTP server in the same minutes: as many as the machine can
// take, 10,000 a second, and at the published mean of 1,160.
#include "load.hpp"
#include "server_process.hpp"
#include "serving.hpp"

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
    load_figures load;
    process_cost cost;
    double cpu_us() const { return cost.cpu_s * 1e6 / load.requests; }
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

sample measure(const std::string& what, const std::string& inbound, std::uint32_t connections, double seconds,
               double rate) {
    server_process server(what, inbound);
    sample s;
    s.load = post_commands(server.port(), connections, seconds, rate);
    s.cost = server.end();
    if (s.load.trouble > 0) throw std::runtime_error(fmt::format("{}: {} answers are no 202", what, s.load.trouble));
    return s;
}

std::string line(const std::string& name, const std::vector<sample>& all, const std::vector<sample>& floor) {
    const auto cpu = [](const sample& s) { return s.cpu_us(); };
    const auto own = median_of(all, cpu);
    return fmt::format(
        "| {} | {:.0f} | {:.1f} | {:.2f} | {:.2f} | {:.1f} | {:.1f} |\n", name,
        median_of(all, [](const sample& s) { return s.load.per_second(); }), own, own / median_of(floor, cpu),
        median_of(all, [](const sample& s) { return static_cast<double>(s.cost.words_posted) / s.load.requests; }),
        median_of(all, [](const sample& s) { return s.cost.rest_s; }),
        median_of(all, [](const sample& s) { return static_cast<double>(s.cost.peak) / 1e6; }));
}

} // namespace

int main(int count, char** arguments) {
    std::string what;
    std::string inbound;
    unsigned rounds = 5;
    unsigned connections = 64;
    double seconds = 3;
    std::vector<unsigned> rates{10'000, 1'160};
    std::filesystem::path folder = LOADSIM_RESULTS;
    CLI::App app{"The stand-in for a broker's API beside a bare HTTP server, in turns"};
    app.add_option("--rounds", rounds, "of all three")->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--connections", connections)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--seconds", seconds, "of each run")->check(CLI::Range(0.1, 3600.0))->capture_default_str();
    app.add_option("--rates", rates, "requests a second, besides as many as it takes")->capture_default_str();
    app.add_option("--results", folder, "folder for broker_api.md")->capture_default_str();
    app.add_option("--serve", what)->group("");
    app.add_option("--inbound", inbound)->group("");
    CLI11_PARSE(app, count, arguments);
    if (!what.empty()) return serve(what, inbound);

    try {
        auto platform = http::listener::start({"http", "127.0.0.1", 0, ""}, {}, [](const http::incoming&) {
            return http::reply{.status = 202, .content_type = {}};
        });
        if (!platform) throw std::runtime_error(to_string(platform.error()));
        const std::vector<std::string> contenders{"floor", "vehicles", "posting"};
        struct table {
            std::string title;
            double rate; ///< 0: as many as it takes
            std::vector<std::vector<sample>> by_contender{3, std::vector<sample>{}};
        };
        std::vector<table> tables;
        tables.push_back({.title = "As many as it takes", .rate = 0});
        for (const auto rate : rates)
            tables.push_back({.title = fmt::format("{} a second", rate), .rate = static_cast<double>(rate)});
        for (unsigned r = 0; r < rounds; ++r)
            for (auto& t : tables)
                for (std::size_t i = 0; i < contenders.size(); ++i) {
                    const auto which = (i + r) % contenders.size(); // what drifts on the machine hits all
                    t.by_contender[which].push_back(
                        measure(contenders[which], platform->url(), connections, seconds, t.rate));
                }
        std::string text = fmt::format(
            "# The stand-in for a broker's API\n\n"
            "24,500,000 vehicles; medians of {} runs of {} s each over {} connections, {} cores. The load, and the "
            "platform that words are posted to, are another process on the same machine. CPU and memory are of "
            "the server's process alone, its start included. Up to 100,000 words wait for the platform, more are "
            "dropped and "
            "counted: fewer than 2 posted for each request, or a last word that is long in coming, mean that words "
            "were made "
            "faster than the platform took them.\n",
            rounds, seconds, connections, std::thread::hardware_concurrency());
        const std::vector<std::string> names{"bare server, 202", "commands, words made",
                                             "commands, words posted (two each)"};
        for (const auto& t : tables) {
            text += fmt::format("\n## {}\n\n| server | requests/s | CPU µs/request | times the bare server | words "
                                "posted/request | s until the last word | peak MB |\n"
                                "| --- | --- | --- | --- | --- | --- | --- |\n",
                                t.title);
            for (std::size_t i = 0; i < names.size(); ++i) text += line(names[i], t.by_contender[i], t.by_contender[0]);
        }
        fmt::print("{}", text);
        std::ofstream(folder / "broker_api.md") << text;
        return 0;
    } catch (const std::exception& trouble) {
        fmt::print(stderr, "broker_api_bench: {}\n", trouble.what());
        return 2;
    }
}
