// Metrics of a run: one table of names, types and units, written as Prometheus text, as OTLP (otlp.hpp), and as CloudWatch EMF
// (emf.hpp).
#pragma once

#include <loadsim/base/time.hpp>
#include <loadsim/measure/run_result.hpp>
#include <loadsim/verdict/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace loadsim::report {

struct run_header;

/// Names and values.
using metric_labels = std::vector<std::pair<std::string, std::string>>;

enum class metric_type : std::uint8_t {
    counter,
    gauge,
    histogram,
    info, ///< always 1; its labels are what it tells
};
enum class metric_unit : std::uint8_t {
    count,
    seconds,    ///< the name ends in _seconds, of a counter in _seconds_total
    bytes,      ///< the same
    per_second, ///< the name ends in _per_second
};

struct metric_point {
    metric_labels labels;
    double value = 0; ///< of a counter or gauge
    /// Of a histogram: parts of one distribution, none of them empty. Valid as long as the totals of the source.
    std::vector<const measure::histogram*> samples{};
};

struct metric_family {
    std::string_view name; ///< loadsim_...; of a counter with _total
    std::string_view help; ///< a sentence without line break, backslash and final stop
    metric_type type{};
    metric_unit unit{};
    std::vector<metric_point> points{}; ///< each with other labels; none of a histogram without samples
};

/// Values of a run at an instant that totals do not have.
struct metric_gauges {
    measure::stage stage = measure::stage::connecting;
    nanoseconds elapsed{0}; ///< since the run's start
    double target_rate = 0;
    std::uint32_t sessions_planned = 0;
    std::uint32_t sessions_online = 0;
    measure::vehicle_states vehicles;
    std::uint64_t in_flight = 0;
    std::uint64_t waiting = 0;
    std::uint64_t telemetry_waiting = 0;
    measure::generator_usage generator;
};
metric_gauges gauges_of(const measure::progress&);
/// Gauges of the end of a run: `last` with the values of the result.
metric_gauges gauges_of(const measure::run_result&, const metric_gauges& last);

/// The table. `totals`: since the start, or of an interval. `evaluation`: of a run that has ended, else null.
std::vector<metric_family> metrics_of(const run_header&, const metric_gauges&, const measure::totals&,
                                      const measure::labels&, const verdict::evaluation* = nullptr);

/// Upper bounds of the histograms' buckets, in seconds, without +Inf.
extern const std::vector<double> bucket_bounds;
/// A distribution by these bounds, for Prometheus and OTLP. A sample counts as the highest value equivalent to it (histogram.hpp),
/// so that a bucket has no sample above its bound; the sum is of the midpoints and never falls while samples are added.
struct bucketed_histogram {
    std::vector<std::uint64_t> counts; ///< by bucket, not cumulative; one more than bounds
    std::uint64_t count = 0;
    double sum_s = 0;
};
bucketed_histogram bucketed(const std::vector<const measure::histogram*>&);

/// The metrics as prometheus-cpp's type. It copies all values.
std::vector<prometheus::MetricFamily> prometheus_families(const std::vector<metric_family>&);
/// Prometheus text format 0.0.4, by prometheus-cpp. OpenMetrics has other names in its TYPE lines, which `promtool check metrics`
/// refuses; Prometheus and all that scrape as it does read this one.
std::string prometheus_text(const std::vector<prometheus::MetricFamily>&);
std::string prometheus_text(const std::vector<metric_family>&);
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

} // namespace loadsim::report
