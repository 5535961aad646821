#include "histogram_lines.hpp"

#include "json_fields.hpp"
#include "json_format.hpp"
#include "text_format.hpp"

#include <loadsim/measure/hdr_log.hpp>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::histogram;

/// Histograms without labels, by metric.
template <class Totals>
auto unlabelled_histograms(Totals& sum) {
    using pointer = decltype(&sum.loop_delay);
    return std::to_array<std::pair<std::string_view, pointer>>({
        {"sessions.connect", &sum.sessions.connect},
        {"sessions.tcp", &sum.sessions.tcp},
        {"sessions.tls.full", &sum.sessions.tls.full},
        {"sessions.tls.resumed", &sum.sessions.tls.resumed},
        {"sessions.connack", &sum.sessions.connack},
        {"queued.wait", &sum.queued.wait},
        {"http.connection_wait", &sum.http.connection_wait},
        {"generator.loop_delay", &sum.loop_delay},
    });
}

constexpr std::string_view campaign_latency = "campaigns.latency";

json::object histogram_object(std::string_view metric, json::object labels, const histogram& samples) {
    return {{"metric", metric},
            {"labels", std::move(labels)},
            {"samples", samples.count()},
            {"negative", samples.negative()},
            {"overflow", samples.overflow()},
            {"histogram", measure::encode_v2(samples)}};
}

/// Labels of a cell of the latency table, and back. Phases of the same name become one.
json::object labels_json(const measure::latency_table::key& cell, const measure::labels& names) {
    return {{"service", name_at(names.services, std::get<1>(cell))},
            {"phase", name_at(names.phases, std::get<2>(cell))}};
}
measure::latency_table::key cell_of(measure::hop hop, const json::object& labels, measure::labels& names) {
    return {hop, index_of_name(names.services, text_at(labels, "service")),
            index_of_name(names.phases, text_at(labels, "phase"))};
}

} // namespace

std::uint32_t index_of_name(std::vector<std::string>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    const auto index = static_cast<std::uint32_t>(found - names.begin());
    if (found == names.end()) names.emplace_back(name);
    return index;
}

json::array histograms_json(const measure::totals& sum, const measure::labels& labels) {
    json::array all;
    for (const auto& [cell, samples] : sum.latencies.cells())
        if (!samples.empty())
            all.push_back(histogram_object(to_string(std::get<0>(cell)), labels_json(cell, labels), samples));
    for (const auto& [metric, samples] : unlabelled_histograms(sum))
        if (!samples->empty()) all.push_back(histogram_object(metric, {}, *samples));
    for (const auto& [campaign, counts] : sum.campaigns)
        if (!counts.latency.empty())
            all.push_back(histogram_object(campaign_latency, {{"campaign", name_at(labels.campaigns, campaign)}},
                                           counts.latency));
    return all;
}

std::string histogram_lines(const measure::totals& sum, const measure::labels& labels) {
    std::string lines;
    for (const auto& one : histograms_json(sum, labels)) lines += json_line(one) + '\n';
    return lines;
}

problems add_histogram(const json::value& value, measure::totals& sum, measure::labels& labels) {
    const auto fields = as_object(value);
    const auto name = text_at(fields, "metric");
    const auto text = text_at(fields, "histogram");
    if (name.empty() || text.empty()) return {"", "no object with a metric and a histogram"};
    auto decoded = measure::decode_v2(text);
    if (!decoded) return decoded.error();
    const auto samples =
        histogram::from_counts(decoded->counts(), count_at(fields, "negative"), count_at(fields, "overflow"));
    const auto of = object_at(fields, "labels");
    if (const auto hop = parse_enum<measure::hop>(name)) {
        sum.latencies.merge(cell_of(*hop, of, labels), samples);
    } else if (name == campaign_latency) {
        sum.campaigns[index_of_name(labels.campaigns, text_at(of, "campaign"))].latency.merge(samples);
    } else {
        for (const auto& [known, into] : unlabelled_histograms(sum))
            if (known == name) into->merge(samples);
    }
    return {};
}

problems add_histogram_line(std::string_view line, measure::totals& sum, measure::labels& labels) {
    boost::system::error_code error;
    const auto value = json::parse(line, error);
    if (error) return {"", "no JSON"};
    return add_histogram(value, sum, labels);
}

} // namespace loadsim::report
