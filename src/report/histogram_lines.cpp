#include "histogram_lines.hpp"

#include "count_check.hpp"
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
        {"telemetry.backlog.drained", &sum.backlogs.drained},
        {"exec.answer", &sum.programs.answer},
    });
}

constexpr std::string_view campaign_latency = "campaigns.latency";
constexpr std::string_view telemetry_publish = "telemetry.publish";
constexpr std::string_view telemetry_lag = "telemetry.lag";
constexpr std::string_view tap_bridge = "tap.bridge";
constexpr std::string_view tap_deliver = "tap.deliver";
constexpr std::string_view phase_loop_delay = "generator.loop_delay_by_phase";

json::object histogram_object(std::string_view metric, json::object labels, const histogram& samples) {
    return {{"metric", metric},
            {"labels", std::move(labels)},
            {"samples", samples.count()},
            {"negative", samples.negative()},
            {"overflow", samples.overflow()},
            {"histogram", measure::encode_v2(samples)}};
}

/// Labels of a group of requests, and back. Phases of the same name become one.
json::object labels_json(const measure::request_group& group, const measure::labels& names) {
    json::object labels{{"service", name_at(names.services, group.service)},
                        {"phase", name_at(names.phases, group.phase)},
                        {"segment", name_at(names.segments, group.segment)}};
    if (group.condition != measure::any_condition) labels["condition"] = name_at(names.conditions, group.condition);
    return labels;
}
measure::request_group group_of(const json::object& labels, measure::labels& names) {
    measure::request_group group{.service = index_of_name(names.services, text_at(labels, "service")),
                                 .phase = index_of_name(names.phases, text_at(labels, "phase")),
                                 .segment = index_of_name(names.segments, text_at(labels, "segment"))};
    if (labels.contains("condition")) group.condition = index_of_name(names.conditions, text_at(labels, "condition"));
    return group;
}

constexpr std::string_view from_begun = "_from_begun"; ///< end of the metric of a hop that is not counted from due

void add_latencies(json::array& to, std::string_view suffix, const measure::latency_table& table,
                   const measure::labels& labels) {
    for (const auto& [key, samples] : table.cells())
        if (!samples.empty())
            to.push_back(histogram_object(fmt::format("{}{}", to_string(key.section), suffix),
                                          labels_json(key.group, labels), samples));
}

json::array histograms_json(const measure::totals& sum, const measure::labels& labels) {
    json::array all;
    add_latencies(all, "", sum.latencies, labels);
    add_latencies(all, from_begun, sum.latencies_from_begun, labels);
    for (const auto& [metric, samples] : unlabelled_histograms(sum))
        if (!samples->empty()) all.push_back(histogram_object(metric, {}, *samples));
    for (std::size_t phase = 0; phase < sum.phase_loop_delay.size(); ++phase)
        if (const auto& samples = sum.phase_loop_delay[phase]; !samples.empty())
            all.push_back(histogram_object(phase_loop_delay, {{"phase", name_at(labels.phases, phase)}}, samples));
    for (const auto& [campaign, counts] : sum.campaigns)
        if (!counts.latency.empty())
            all.push_back(histogram_object(campaign_latency, {{"campaign", name_at(labels.campaigns, campaign)}},
                                           counts.latency));
    const auto add = [&all](std::string_view metric, const char* label, const std::string& name,
                            const histogram& samples) {
        if (!samples.empty()) all.push_back(histogram_object(metric, {{label, name}}, samples));
    };
    for (const auto& [group, counts] : sum.telemetry) {
        add(telemetry_publish, "group", name_at(labels.telemetry, group), counts.publish);
        add(telemetry_lag, "group", name_at(labels.telemetry, group), counts.lag);
    }
    for (const auto& [tap, counts] : sum.taps) {
        add(tap_bridge, "tap", name_at(labels.taps, tap), counts.bridge);
        add(tap_deliver, "tap", name_at(labels.taps, tap), counts.deliver);
    }
    return all;
}

problems add_histogram(const json::value& value, measure::totals& sum, measure::labels& labels) {
    const auto fields = as_object(value);
    const auto name = text_at(fields, "metric");
    const auto text = text_at(fields, "histogram");
    if (name.empty() || text.empty()) return {"", "no object with a metric and a histogram"};
    auto decoded = measure::decode_v2(text);
    if (!decoded) return decoded.error();
    const auto negative = count_at(fields, "negative");
    const auto overflow = count_at(fields, "overflow");
    if (decoded->count() > count_max || decoded->count() != count_at(fields, "samples"))
        return {"", fmt::format("{} samples in the histogram, and not as many in `samples`", decoded->count())};
    if (std::max(negative, overflow) > decoded->count())
        return {"", fmt::format("more negative or overflowing samples than the {} of the histogram", decoded->count())};
    const auto samples = histogram::from_counts(decoded->counts(), negative, overflow);
    const auto of = object_at(fields, "labels");
    const bool is_from_begun = name.ends_with(from_begun);
    const auto hop = parse_enum<measure::hop>(is_from_begun ? name.substr(0, name.size() - from_begun.size()) : name);
    if (hop) {
        (is_from_begun ? sum.latencies_from_begun : sum.latencies).merge({*hop, group_of(of, labels)}, samples);
    } else if (name == phase_loop_delay) {
        const auto phase = index_of_name(labels.phases, text_at(of, "phase"));
        if (sum.phase_loop_delay.size() <= phase) sum.phase_loop_delay.resize(phase + 1);
        sum.phase_loop_delay[phase].merge(samples);
    } else if (name == campaign_latency) {
        sum.campaigns[index_of_name(labels.campaigns, text_at(of, "campaign"))].latency.merge(samples);
    } else if (name == telemetry_publish || name == telemetry_lag) {
        auto& counts = sum.telemetry[index_of_name(labels.telemetry, text_at(of, "group"))];
        (name == telemetry_lag ? counts.lag : counts.publish).merge(samples);
    } else if (name == tap_bridge || name == tap_deliver) {
        auto& counts = sum.taps[index_of_name(labels.taps, text_at(of, "tap"))];
        (name == tap_bridge ? counts.bridge : counts.deliver).merge(samples);
    } else {
        for (const auto& [known, into] : unlabelled_histograms(sum))
            if (known == name) into->merge(samples);
    }
    return {};
}

} // namespace

std::uint32_t index_of_name(std::vector<std::string>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    const auto index = static_cast<std::uint32_t>(found - names.begin());
    if (found == names.end()) names.emplace_back(name);
    return index;
}

std::string histogram_lines(const measure::totals& sum, const measure::labels& labels) {
    std::string lines;
    for (const auto& one : histograms_json(sum, labels)) lines += json_line(one) + '\n';
    return lines;
}

std::string hdr_log_lines(nanoseconds start, nanoseconds length, const measure::latency_table& table) {
    std::string lines;
    for (std::size_t i = 0; i < measure::hop_names.size(); ++i)
        if (const auto samples = table.select(static_cast<measure::hop>(i)); !samples.empty())
            lines += measure::hdr_log_line(measure::hop_names[i], start, length, samples);
    if (lines.empty()) return lines;
    return lines + measure::hdr_log_line("", start, length, table.select(measure::hop::e2e));
}

problems add_histogram_line(std::string_view line, measure::totals& sum, measure::labels& labels) {
    boost::system::error_code error;
    const auto value = json::parse(line, error);
    if (error) return {"", "no JSON"};
    return add_histogram(value, sum, labels);
}

} // namespace loadsim::report
