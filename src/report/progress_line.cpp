#include "figures.hpp"

#include <loadsim/report/console.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace loadsim::report {
namespace {

using measure::progress;
using measure::stage;

struct field {
    std::string text;
    int rank; ///< the highest gives way first
};

double part_done(const progress& p) {
    if (p.at == stage::draining || p.at == stage::done) return 1;
    const double part =
        p.at == stage::connecting
            ? static_cast<double>(p.sessions_online) / std::max(1.0, static_cast<double>(p.sessions_asked))
            : static_cast<double>(p.load_elapsed.count()) / std::max(1.0, static_cast<double>(p.load_duration.count()));
    return std::clamp(part, 0.0, 1.0);
}

std::string what(const progress& p, const measure::legend& names) {
    const bool in_phase = p.at == stage::load && p.phase < names.phases.size() && !names.phases[p.phase].empty();
    return in_phase ? names.phases[p.phase] : std::string(to_string(p.at));
}

std::string when(const progress& p) {
    if (p.at != stage::load) return human_elapsed(p.elapsed);
    return human_elapsed(p.load_elapsed) + ", " +
           human_elapsed(std::max(nanoseconds(0), p.load_duration - p.load_elapsed)) + " left";
}

std::vector<field> fields(const progress& p) {
    const auto& sum = p.sum != nullptr ? *p.sum : p.interval;
    std::vector<field> all;
    const auto online = human_count(p.sessions_online);
    all.push_back(
        {(p.sessions_online == p.sessions_asked ? online : online + "/" + human_count(p.sessions_asked)) + " on line",
         p.at == stage::connecting ? 0 : 4});
    if (p.at == stage::connecting) {
        all.push_back({human_count(sum.sessions.refused) + " refused", 1});
        return all;
    }
    if (p.at == stage::load) {
        const double sent = p.interval_s > 0 ? static_cast<double>(p.interval.requests.sent) / p.interval_s : 0;
        all.push_back({human_rate(sent) + " of " + human_rate(p.asked_rate), 1});
    }
    const auto e2e = p.interval.latencies.select(measure::hop::e2e);
    const auto figure = [&](double percent) { return e2e.empty() ? "-" : human_latency(e2e.percentile(percent)); };
    all.push_back({"p50 " + figure(50), 3});
    all.push_back({"p99 " + figure(99), 2});
    all.push_back({human_count(p.in_flight) + " in flight", p.at == stage::draining ? 0 : 5});
    all.push_back({human_count(sum.requests.unexpected) + " unexpected", 0});
    return all;
}

std::string joined(const std::vector<field>& all) {
    std::string text;
    for (const auto& f : all) text += "  " + f.text;
    return text;
}

std::string bar(double done, std::size_t inside) {
    const auto full = static_cast<std::size_t>(std::floor(done * static_cast<double>(inside)));
    std::string line(full, '=');
    if (full < inside) line += '>' + std::string(inside - full - 1, ' ');
    return '[' + line + ']';
}

} // namespace

std::string progress_line(const progress& p, const measure::legend& names, unsigned columns) {
    auto shown = fields(p);
    const double done = part_done(p);
    if (columns == 0)
        return fmt::format("{} {:.0f} %  {}{}", what(p, names), std::floor(done * 100), when(p), joined(shown));

    constexpr std::size_t bar_least = 8, bar_most = 30;
    // A long phase name must not push the figures out.
    const auto head = std::string(cut_to(what(p, names), std::max<std::size_t>(columns / 5, 10))) + ' ';
    const auto taken = [&] { return columns_of(head) + 2 + 1 + when(p).size() + columns_of(joined(shown)); };
    while (taken() + bar_least > columns) {
        const auto least = std::ranges::max_element(shown, {}, &field::rank);
        if (least == shown.end() || least->rank == 0) break;
        shown.erase(least);
    }
    const auto tail = when(p) + joined(shown);
    if (taken() + bar_least > columns) return std::string(cut_to(head + tail, columns));
    return head + bar(done, std::min(bar_most, columns - taken())) + ' ' + tail;
}

} // namespace loadsim::report
