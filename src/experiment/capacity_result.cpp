#include <loadsim/experiment/capacity_result.hpp>

#include <loadsim/base/units.hpp>
#include <loadsim/measure/quantile_interval.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace loadsim::experiment {
namespace {

constexpr std::array<std::string_view, 3> metric_names{"rate", "vehicles", "connectRate"};

} // namespace

std::string_view to_string(load_metric m) { return metric_names[static_cast<std::size_t>(m)]; }

std::optional<load_metric> parse_load_metric(std::string_view text) {
    for (std::size_t i = 0; i < metric_names.size(); ++i)
        if (metric_names[i] == text) return static_cast<load_metric>(i);
    return std::nullopt;
}

std::string load_text(load_metric metric, double load) {
    switch (metric) {
    case load_metric::rate: return format_rate({load});
    case load_metric::vehicles: return fmt::format("{:.0f} vehicles", load);
    case load_metric::connect_rate: break;
    }
    return fmt::format("{:.6g} connects/s", load);
}

const step_latency* latency_of(const step_result& step, std::string_view name) {
    const auto found = std::ranges::find(step.latencies, name, &step_latency::name);
    return found == step.latencies.end() ? nullptr : &*found;
}

std::string curve_of(load_metric metric, const std::vector<step_result>& steps) {
    const auto has_samples = [&](std::string_view name) {
        return std::ranges::any_of(steps, [&](const auto& step) { return latency_of(step, name) != nullptr; });
    };
    constexpr std::array<std::string_view, 4> names{"e2e", "accept", "telemetry.publish", "sessions.connect"};
    if (metric == load_metric::connect_rate) return has_samples(names.back()) ? std::string(names.back()) : "";
    const auto found = std::ranges::find_if(names, has_samples);
    return found == names.end() ? "" : std::string(*found);
}

std::vector<knee> curve_points(const capacity_result& r) {
    std::vector<knee> points;
    for (const auto& step : r.steps) {
        if (step.end != step_end::holds && step.end != step_end::broken) continue;
        if (step.load > r.lowest_broken.value_or(step.load)) continue;
        const auto* latency = latency_of(step, r.curve);
        if (latency && measure::is_carried(latency->samples, 99))
            points.push_back({step.load, latency->samples.percentile(99)});
    }
    return points;
}

std::optional<knee> knee_of(std::vector<knee> points) {
    constexpr double least_distance = 0.1;
    if (points.size() < 3) return std::nullopt;
    std::ranges::sort(points, {}, &knee::load);
    const auto range = std::ranges::minmax(points, {}, &knee::p99);
    const auto& first = points.front();
    const auto& last = points.back();
    const auto loads = last.load - first.load;
    const auto latencies = static_cast<double>((range.max.p99 - range.min.p99).count());
    if (loads <= 0 || latencies <= 0 || last.p99 <= first.p99) return std::nullopt;
    const auto height = [&](const knee& point) {
        return static_cast<double>((point.p99 - range.min.p99).count()) / latencies;
    };
    std::optional<knee> found;
    double furthest = least_distance;
    for (const auto& point : points) {
        const auto at = (point.load - first.load) / loads;
        const auto distance = height(first) + at * (height(last) - height(first)) - height(point);
        if (distance < furthest) continue;
        furthest = distance;
        found = point;
    }
    return found;
}

verdict::exit_code code_of(const capacity_result& r) {
    using verdict::exit_code;
    if (r.end == search_end::no_data) return exit_code::no_data;
    if (r.highest_holding && r.highest_holding >= r.at_least.value_or(0)) return exit_code::pass;
    const bool is_below = r.at_least && r.lowest_broken && *r.lowest_broken <= *r.at_least;
    return is_below || r.end == search_end::no_load_holds ? exit_code::missed : exit_code::invalid;
}

std::string capacity_sentence(const capacity_result& r) {
    const auto text = [&](double load) { return load_text(r.metric, load); };
    const auto missed = r.first_broken ? fmt::format("{} misses {}", text(*r.lowest_broken), r.first_broken->expression)
                                       : std::string{};
    if (!r.highest_holding)
        return missed.empty() ? fmt::format("no load was judged: {}", r.sentence)
                              : fmt::format("no load that holds was found: {}; {}", missed, r.sentence);
    if (r.is_floor)
        return fmt::format("at least {}, a floor and not the capacity: {}", text(*r.highest_holding), r.sentence);
    const auto bounds = fmt::format("{}: all budgets hold there, and {}", text(*r.highest_holding), missed);
    return r.end == search_end::found ? fmt::format("capacity {}", bounds)
                                      : fmt::format("capacity of at least {}; {}", bounds, r.sentence);
}

} // namespace loadsim::experiment
