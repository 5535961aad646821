#include "text_format.hpp"

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
    int drop_order; ///< fields with the highest number are dropped first; 0: never dropped
};

double completed_fraction(const progress& p) {
    if (p.current_stage == stage::draining || p.current_stage == stage::done) return 1;
    const double fraction =
        p.current_stage == stage::connecting
            ? static_cast<double>(p.sessions_online) / std::max(1.0, static_cast<double>(p.sessions_planned))
            : static_cast<double>(p.load_elapsed.count()) / std::max(1.0, static_cast<double>(p.load_duration.count()));
    return std::clamp(fraction, 0.0, 1.0);
}

std::string stage_text(const progress& p, const measure::labels& labels) {
    const bool in_phase =
        p.current_stage == stage::load && p.phase < labels.phases.size() && !labels.phases[p.phase].empty();
    return in_phase ? labels.phases[p.phase] : std::string(to_string(p.current_stage));
}

std::string elapsed_text(const progress& p) {
    if (p.current_stage != stage::load) return human_elapsed(p.elapsed);
    return human_elapsed(p.load_elapsed) + ", " +
           human_elapsed(std::max(nanoseconds(0), p.load_duration - p.load_elapsed)) + " left";
}

std::vector<field> fields(const progress& p) {
    const auto& sum = p.cumulative != nullptr ? *p.cumulative : p.interval;
    std::vector<field> all;
    const auto online = human_count(p.sessions_online);
    all.push_back({(p.sessions_online == p.sessions_planned ? online : online + "/" + human_count(p.sessions_planned)) +
                       " online",
                   p.current_stage == stage::connecting ? 0 : 4});
    if (p.current_stage == stage::connecting) {
        all.push_back({human_count(sum.sessions.refused) + " refused", 1});
        return all;
    }
    if (p.current_stage == stage::load) {
        const double sent = p.interval_s > 0 ? static_cast<double>(p.interval.requests.sent) / p.interval_s : 0;
        all.push_back({human_rate(sent) + " of " + human_rate(p.target_rate), 1});
    }
    const auto e2e = p.interval.latencies.select(measure::hop::e2e);
    const auto latency_text = [&](double percent) {
        return e2e.empty() ? "-" : human_latency(e2e.percentile(percent));
    };
    all.push_back({"p50 " + latency_text(50), 3});
    all.push_back({"p99 " + latency_text(99), 2});
    all.push_back({human_count(p.in_flight) + " in flight", p.current_stage == stage::draining ? 0 : 5});
    all.push_back({human_count(sum.requests.unexpected) + " unexpected", 0});
    return all;
}

std::string join(const std::vector<field>& all) {
    std::string text;
    for (const auto& f : all) text += "  " + f.text;
    return text;
}

std::string bar(double done, std::size_t width) {
    const auto full = static_cast<std::size_t>(std::floor(done * static_cast<double>(width)));
    std::string line(full, '=');
    if (full < width) line += '>' + std::string(width - full - 1, ' ');
    return '[' + line + ']';
}

} // namespace

std::string progress_line(const progress& p, const measure::labels& labels, unsigned columns) {
    auto shown = fields(p);
    const double done = completed_fraction(p);
    if (columns == 0)
        return fmt::format("{} {:.0f} %  {}{}", stage_text(p, labels), std::floor(done * 100), elapsed_text(p),
                           join(shown));

    constexpr std::size_t min_bar_columns = 8, max_bar_columns = 30;
    // Limits a long phase name, so that the numbers stay visible.
    const auto head =
        std::string(truncate_to_width(stage_text(p, labels), std::max<std::size_t>(columns / 5, 10))) + ' ';
    const auto used_columns = [&] {
        return display_width(head) + 2 + 1 + elapsed_text(p).size() + display_width(join(shown));
    };
    while (used_columns() + min_bar_columns > columns) {
        const auto dropped = std::ranges::max_element(shown, {}, &field::drop_order);
        if (dropped == shown.end() || dropped->drop_order == 0) break;
        shown.erase(dropped);
    }
    const auto tail = elapsed_text(p) + join(shown);
    if (used_columns() + min_bar_columns > columns) return std::string(truncate_to_width(head + tail, columns));
    return head + bar(done, std::min(max_bar_columns, columns - used_columns())) + ' ' + tail;
}

} // namespace loadsim::report
