#include "page_latencies.hpp"

#include "histogram_lines.hpp"
#include "json_format.hpp"
#include "latency_files.hpp"
#include "records.hpp"
#include "text_format.hpp"

#include <loadsim/measure/quantile_interval.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::histogram;
using measure::hop;

constexpr int histogram_buckets_per_decade = 20;
constexpr std::string_view e2e_from_begun = "e2e_from_begun";

std::size_t bucket_of(std::int64_t us, int buckets_per_decade) {
    return us < 1 ? 0 : static_cast<std::size_t>(std::log10(static_cast<double>(us)) * buckets_per_decade);
}

/// Percentiles of a curve: five in each half of the distance to 100 %, up to 99.999 %.
std::set<double> curve_percentiles() {
    std::set<double> all{0, 1, 5};
    for (double half = 100; half > 1e-3; half /= 2)
        for (int i = half == 100 ? 1 : 0; i < 5; ++i) all.insert(100 - half + half * i / 10);
    for (const double known : {90.0, 95.0, 99.0, 99.9, 99.99, 99.999}) all.insert(known);
    std::erase_if(all, [](double p) { return p > 99.999; });
    return all;
}

json::value curve(std::string_view metric, const histogram& samples) {
    json::array points;
    for (const auto p : curve_percentiles()) {
        if (p > 50 && !measure::is_carried(samples, p)) break;
        points.push_back(json::array{std::round(p * 1e5) / 1e7, json_ms(samples.percentile(p))});
    }
    return json::object{{"metric", metric}, {"points", std::move(points)}};
}

json::object histogram_json(std::string_view metric, json::object labels, const histogram& samples) {
    const auto counts = logarithmic_counts(samples, histogram_buckets_per_decade);
    const auto first = std::ranges::find_if(counts, [](auto count) { return count != 0; });
    json::object made{{"metric", metric}, {"labels", std::move(labels)}};
    const auto statistics = json_latency(samples);
    for (const auto* name : {"samples", "mean_ms", "p50_ms", "p90_ms", "p99_ms", "max_ms"})
        made[name] = statistics.at(name);
    made["first"] = first - counts.begin();
    made["counts"] = json::array(first, counts.end());
    return made;
}

/// Requests of one hop that share a label.
struct labelled_group {
    enum class dimension : std::uint8_t { all, service, phase, segment, condition };
    hop of{};
    dimension by{};
    std::uint32_t index = 0;

    friend auto operator<=>(const labelled_group&, const labelled_group&) = default;
};
using dimension = labelled_group::dimension;

std::map<labelled_group, histogram> groups_of(const measure::latency_table& table) {
    std::map<labelled_group, histogram> groups;
    for (const auto& [key, samples] : table.cells()) {
        const auto add = [&, of = key.section, &more = samples](dimension by, std::uint32_t index) {
            groups[{of, by, index}].merge(more);
        };
        if (key.group.condition != measure::any_condition) {
            add(dimension::condition, key.group.condition);
            continue;
        }
        add(dimension::all, 0);
        add(dimension::service, key.group.service);
        add(dimension::phase, key.group.phase);
        add(dimension::segment, key.group.segment);
    }
    return groups;
}

json::object labels_of(const labelled_group& group, const measure::labels& names) {
    switch (group.by) {
    case dimension::all: break;
    case dimension::service: return {{"service", name_at(names.services, group.index)}};
    case dimension::phase: return {{"phase", name_at(names.phases, group.index)}};
    case dimension::segment: return {{"segment", name_at(names.segments, group.index)}};
    case dimension::condition: return {{"condition", name_at(names.conditions, group.index)}};
    }
    return {};
}

/// All requests first, then e2e by label, then the other hops.
int order_of(const labelled_group& group) { return group.by == dimension::all ? 0 : group.of == hop::e2e ? 1 : 2; }

json::array histograms_of(const measure::totals& sum, const measure::labels& names, std::size_t most,
                          std::vector<std::string>& warnings) {
    json::array made;
    const auto groups = groups_of(sum.latencies);
    std::vector<const std::pair<const labelled_group, histogram>*> ordered;
    for (const auto& group : groups) {
        const auto& [key, samples] = group;
        const auto is_only_one = [&](const auto& of_all) { return of_all.size() == 1; }; // the same as all
        if ((key.by == dimension::service && is_only_one(names.services)) ||
            (key.by == dimension::phase && is_only_one(names.phases)) ||
            (key.by == dimension::segment && is_only_one(names.segments)))
            continue;
        ordered.push_back(&group);
    }
    std::ranges::stable_sort(ordered, {}, [](const auto* group) { return order_of(group->first); });
    const auto add = [&](std::string_view metric, json::object labels, const histogram& samples) {
        if (!samples.empty() && made.size() < most) made.push_back(histogram_json(metric, std::move(labels), samples));
    };
    add(e2e_from_begun, {}, sum.latencies_from_begun.select(hop::e2e));
    add("sessions.connect", {}, sum.sessions.connect);
    add("queued.wait", {}, sum.queued.wait);
    add("http.connection_wait", {}, sum.http.connection_wait);
    add("generator.loop_delay", {}, sum.loop_delay);
    for (const auto* group : ordered) add(to_string(group->first.of), labels_of(group->first, names), group->second);
    if (made.size() >= most && ordered.size() > most)
        warnings.push_back(fmt::format("the page has {} of about {} histograms: histograms.jsonl has all", made.size(),
                                       human_count(ordered.size())));
    return made;
}

json::array curves_of(const measure::totals& sum) {
    json::array made;
    const auto add = [&](std::string_view metric, const histogram& samples) {
        if (!samples.empty()) made.push_back(curve(metric, samples));
    };
    add(to_string(hop::e2e), sum.latencies.select(hop::e2e));
    add(e2e_from_begun, sum.latencies_from_begun.select(hop::e2e));
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        if (const auto of = static_cast<hop>(i); of != hop::e2e) add(to_string(of), sum.latencies.select(of));
    return made;
}

} // namespace

std::vector<std::uint64_t> logarithmic_counts(const histogram& samples, int buckets_per_decade) {
    std::vector<std::uint64_t> made;
    const auto& counts = samples.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) continue;
        const auto bucket = bucket_of(histogram::value_at(i), buckets_per_decade);
        if (made.size() <= bucket) made.resize(bucket + 1);
        made[bucket] += counts[i];
    }
    return made;
}

double bucket_edge_ms(std::size_t bucket, int buckets_per_decade) {
    const auto ms = std::pow(10, static_cast<double>(bucket) / buckets_per_decade) / 1e3;
    const auto digits = std::pow(10, 4 - std::floor(std::log10(ms))); // five significant ones
    return std::round(ms * digits) / digits;
}

json::object page_latencies(const std::filesystem::path& folder, std::size_t histograms_max, bool is_ended,
                            std::vector<std::string>& warnings) {
    measure::totals sum;
    measure::labels names;
    std::error_code error;
    if (exists(folder / histograms_file_name, error)) {
        read_histograms(folder, sum, names, warnings);
    } else {
        if (is_ended)
            warnings.push_back("histograms.jsonl is missing: the histograms are those of latency.hlog, without labels");
        std::vector<std::string> known; // page_timeline() reads the same log
        for_each_interval(folder / hdr_log_file_name, {}, known, [&](hop of, const auto& interval) {
            sum.latencies.merge({.section = of, .group = {}}, interval.samples);
        });
        names.services = names.phases = names.segments = {""};
    }
    return {{"percentile_curves", curves_of(sum)}, {"histograms", histograms_of(sum, names, histograms_max, warnings)}};
}

} // namespace loadsim::report
