#include "json_format.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/report/emf.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;

constexpr std::size_t max_emf_metrics = 100; ///< a line
constexpr std::size_t max_emf_values = 100;  ///< a metric
constexpr std::size_t max_dimension_length = 250;

std::string_view emf_unit(metric_unit unit) {
    switch (unit) {
    case metric_unit::seconds: return "Seconds";
    case metric_unit::bytes: return "Bytes";
    case metric_unit::per_second: return "Count/Second";
    case metric_unit::count: break;
    }
    return "Count";
}

/// CloudWatch takes printable ASCII with something besides blanks, and no colon at the begin.
std::string dimension_value(std::string_view text) {
    std::string made(text.substr(0, max_dimension_length));
    for (auto& c : made)
        if (c < ' ' || c > '~') c = '?';
    if (made.starts_with(':')) made.front() = '?';
    return made.find_first_not_of(' ') == std::string::npos ? "?" : made;
}

/// Samples in seconds: all of them, or those at equally spaced ranks up to the largest.
json::array emf_values(const std::vector<const measure::histogram*>& parts) {
    measure::histogram all;
    for (const auto* part : parts) all.merge(*part);
    const auto count = std::min<std::uint64_t>(all.count(), max_emf_values);
    // Rounded up: value 99 of 100 is the 99th percentile.
    const auto rank_of = [&](std::uint64_t value) { return (value * all.count() + count - 1) / count; };
    json::array values;
    std::uint64_t seen = 0;
    const auto& counts = all.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        seen += counts[i];
        const auto highest_us = measure::histogram::value_at(i + 1) - 1;
        while (values.size() < count && rank_of(values.size() + 1) <= seen)
            values.emplace_back(static_cast<double>(highest_us) / 1e6);
    }
    return values;
}

struct emf_metric {
    const metric_family* family = nullptr;
    const metric_point* point = nullptr;
};

std::string emf_line(const metric_labels& labels, const std::vector<emf_metric>& metrics, std::int64_t timestamp_ms,
                     const run_header& run, const emf_options& options) {
    json::array dimensions{"scenario"}, definitions;
    json::object line;
    line["_aws"] = nullptr; // first in the line
    line["scenario"] = dimension_value(run.scenario);
    for (const auto* all : {&run.origin.tags, &labels})
        for (const auto& [name, value] : *all) {
            dimensions.emplace_back(name);
            line[name] = dimension_value(value);
        }
    for (const auto& [family, point] : metrics) {
        definitions.push_back(json::object{{"Name", family->name},
                                           {"Unit", emf_unit(family->unit)},
                                           {"StorageResolution", options.interval < std::chrono::minutes(1) ? 1 : 60}});
        line[family->name] = family->type == metric_type::histogram ? json::value(emf_values(point->samples))
                                                                    : json::value(point->value);
    }
    json::array dimension_sets; // not by an initializer, of which compilers make the array itself
    dimension_sets.push_back(std::move(dimensions));
    const json::object directive{{"Namespace", options.metric_namespace},
                                 {"Dimensions", std::move(dimension_sets)},
                                 {"Metrics", std::move(definitions)}};
    line["_aws"] = json::object{{"Timestamp", timestamp_ms}, {"CloudWatchMetrics", json::array{directive}}};
    return json_line(line) + '\n';
}

} // namespace

std::string emf_lines(const std::vector<metric_family>& families, const run_header& run, nanoseconds elapsed,
                      const emf_options& options) {
    const auto at = run.started + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed);
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    std::map<metric_labels, std::vector<emf_metric>> by_labels;
    for (const auto& family : families) {
        if (family.type == metric_type::info) continue; // every run would make new metrics
        for (const auto& point : family.points)
            if (family.type == metric_type::histogram || point.labels.empty() || point.value != 0)
                by_labels[point.labels].push_back({&family, &point});
    }
    std::string lines;
    for (const auto& [labels, metrics] : by_labels)
        for (std::size_t from = 0; from < metrics.size(); from += max_emf_metrics) {
            const auto begin = metrics.begin() + static_cast<std::ptrdiff_t>(from);
            const auto end =
                metrics.begin() + static_cast<std::ptrdiff_t>(std::min(metrics.size(), from + max_emf_metrics));
            lines += emf_line(labels, {begin, end}, ms, run, options);
        }
    return lines;
}

emf_writer::emf_writer(emf_options options, run_header header, measure::labels labels)
    : options_(std::move(options)), header_(std::move(header)), labels_(std::move(labels)) {}

std::string emf_writer::write(const measure::progress& p) {
    pending_.add(p.interval);
    pending_s_ += p.interval_s;
    last_ = gauges_of(p);
    // Progress comes once a second, a little early or late.
    return pending_s_ + 0.5 < seconds(options_.interval) ? std::string{} : take_lines();
}

std::string emf_writer::finish() { return pending_s_ > 0 ? take_lines() : std::string{}; }

std::string emf_writer::take_lines() {
    auto now = last_;
    now.generator.cpu_s -= std::exchange(cpu_s_, now.generator.cpu_s);
    const auto interval = std::exchange(pending_, {});
    pending_s_ = 0;
    return emf_lines(metrics_of(header_, now, interval, labels_), header_, now.elapsed, options_);
}

} // namespace loadsim::report
