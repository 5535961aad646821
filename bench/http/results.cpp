#include "results.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace loadsim::bench {
namespace {

namespace json = boost::json;

double rounded(double value) { return std::round(value * 1000) / 1000; }

json::object to_json(const sample& s) {
    return {{"requests_per_second", rounded(s.per_second())}, {"cpu_us_per_request", rounded(s.cpu_us())}};
}

json::object to_json(const comparison& c) {
    json::array pairs;
    for (const auto& p : c.pairs)
        pairs.push_back(json::object{
            {"wrk", to_json(p.wrk)}, {"loadsim", to_json(p.loadsim)}, {"cpu_ratio", rounded(p.cpu_ratio())}});
    return {{"connections", c.connections},
            {"wrk_requests_per_second", rounded(c.wrk_per_second())},
            {"loadsim_requests_per_second", rounded(c.loadsim_per_second())},
            {"wrk_cpu_us_per_request", rounded(c.wrk_cpu_us())},
            {"loadsim_cpu_us_per_request", rounded(c.loadsim_cpu_us())},
            {"loadsim_requests_per_core_second", rounded(c.requests_per_core())},
            {"cpu_ratio", rounded(c.cpu_ratio())},
            {"cpu_ratio_lowest", rounded(c.cpu_ratio_lowest())},
            {"cpu_ratio_highest", rounded(c.cpu_ratio_highest())},
            {"meets_bars", c.meets_targets()},
            {"pairs", pairs}};
}

void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text;
    out.close();
    if (out.fail()) throw std::runtime_error(file.string() + " cannot be written; name another folder with --results");
}

} // namespace

bool results::meets_targets() const { return std::ranges::all_of(closed, &comparison::meets_targets); }

std::string markdown(const results& r) {
    std::string text = fmt::format(
        "# HTTP driver and wrk, in alternating runs against the same nginx\n\n"
        "{}, {} cores, {:.0f} GiB, {}; {}; {}. {} pairs of {} s each, medians; the client on one core, nginx (one "
        "worker) on "
        "another. CPU is user and system time of the client's process alone.\n\n"
        "| connections | wrk requests/s | loadsim requests/s | wrk CPU per request | loadsim CPU per request | loadsim "
        "requests/s per core | CPU ratio (lowest to highest pair) | goals |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n",
        r.host.processor, r.host.cores, r.host.memory_gib, r.host.kernel, r.host.compiler, r.wrk_version, r.pairs,
        r.seconds);
    for (const auto& c : r.closed)
        text +=
            fmt::format("| {} | {:.0f} | {:.0f} | {:.2f} µs | {:.2f} µs | {:.0f} | {:.2f} ({:.2f} to {:.2f}) | {} |\n",
                        c.connections, c.wrk_per_second(), c.loadsim_per_second(), c.wrk_cpu_us(), c.loadsim_cpu_us(),
                        c.requests_per_core(), c.cpu_ratio(), c.cpu_ratio_lowest(), c.cpu_ratio_highest(),
                        c.meets_targets() ? "met" : "missed");
    text += fmt::format("\nGoals: at most {} x wrk's CPU per request, at least {:.0f} requests/s per core.\n\n",
                        max_cpu_ratio, min_requests_per_core);
    const auto& o = r.open;
    text += fmt::format(
        "Open loop, {} requests/s planned for {} s over at most {} connections: {:.0f}/s sent, {:.0f} % of a core, "
        "{:.2f} µs of CPU per request; lag p50 {:.0f} µs, p99 {:.0f} µs, max {:.0f} µs; accept p50 {:.0f} µs, p99 "
        "{:.0f} µs.\n",
        o.rate, r.seconds, o.connections, o.measured.all.per_second(), o.cpu_share() * 100, o.measured.all.cpu_us(),
        o.measured.lag_p50_us, o.measured.lag_p99_us, o.measured.lag_max_us, o.measured.accept_p50_us,
        o.measured.accept_p99_us);
    return text;
}

std::string json_text(const results& r) {
    json::array closed;
    for (const auto& c : r.closed) closed.push_back(to_json(c));
    const auto& o = r.open;
    return serialize(json::object{
               {"schema", "loadsim.bench.http/1"},
               {"machine",
                {{"processor", r.host.processor},
                 {"cores", r.host.cores},
                 {"memory_gib", rounded(r.host.memory_gib)},
                 {"kernel", r.host.kernel},
                 {"compiler", r.host.compiler}}},
               {"wrk", r.wrk_version},
               {"seconds", r.seconds},
               {"bars", {{"cpu_ratio", max_cpu_ratio}, {"requests_per_core_second", min_requests_per_core}}},
               {"closed_loop", closed},
               {"open_loop",
                {{"connections", o.connections},
                 {"asked_rate", o.rate},
                 {"requests_per_second", rounded(o.measured.all.per_second())},
                 {"cpu_us_per_request", rounded(o.measured.all.cpu_us())},
                 {"cpu_share", rounded(o.cpu_share())},
                 {"lag_p50_us", o.measured.lag_p50_us},
                 {"lag_p99_us", o.measured.lag_p99_us},
                 {"lag_max_us", o.measured.lag_max_us},
                 {"accept_p50_us", o.measured.accept_p50_us},
                 {"accept_p99_us", o.measured.accept_p99_us}}}}) +
           '\n';
}

void write(const results& r, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    write_file(folder / "http.md", markdown(r));
    write_file(folder / "http.json", json_text(r));
}

} // namespace loadsim::bench
