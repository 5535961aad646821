#include <loadsim/report/metrics.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>

namespace loadsim::report {
namespace {

prometheus::MetricType prometheus_type(metric_type type) {
    switch (type) {
    case metric_type::counter: return prometheus::MetricType::Counter;
    case metric_type::gauge:
    case metric_type::info: return prometheus::MetricType::Gauge;
    case metric_type::histogram: break;
    }
    return prometheus::MetricType::Histogram;
}

prometheus::ClientMetric::Histogram prometheus_histogram(const metric_point& point) {
    const auto all = bucketed(point.samples);
    prometheus::ClientMetric::Histogram made;
    made.sample_count = all.count;
    made.sample_sum = all.sum_s;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < all.counts.size(); ++i)
        made.bucket.push_back(
            {.cumulative_count = cumulative += all.counts[i],
             .upper_bound = i < bucket_bounds.size() ? bucket_bounds[i] : std::numeric_limits<double>::infinity()});
    return made;
}

} // namespace

std::vector<prometheus::MetricFamily> prometheus_families(const std::vector<metric_family>& families) {
    std::vector<prometheus::MetricFamily> made;
    for (const auto& family : families) {
        auto& to = made.emplace_back();
        to.name = family.name;
        to.help = family.help;
        to.type = prometheus_type(family.type);
        for (const auto& point : family.points) {
            auto& metric = to.metric.emplace_back();
            for (const auto& [name, value] : point.labels) metric.label.push_back({name, value});
            switch (family.type) { // the serializer reads the member of the type only
            case metric_type::counter: metric.counter.value = point.value; break;
            case metric_type::gauge:
            case metric_type::info: metric.gauge.value = point.value; break;
            case metric_type::histogram: metric.histogram = prometheus_histogram(point); break;
            }
        }
    }
    return made;
}

std::string prometheus_text(const std::vector<prometheus::MetricFamily>& families) {
    return prometheus::TextSerializer().Serialize(families);
}

std::string prometheus_text(const std::vector<metric_family>& families) {
    return prometheus_text(prometheus_families(families));
}

} // namespace loadsim::report
