#include "telemetry_json.hpp"

#include "histogram_lines.hpp"
#include "json_fields.hpp"
#include "json_format.hpp"
#include "text_format.hpp"

#include <loadsim/base/counters.hpp>

#include <boost/json.hpp>

#include <concepts>
#include <map>
#include <string>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::delivery_counts;
using measure::largest_count;

template <class Counts>
json::object counts_object(const std::map<std::string, Counts>& counts) {
    json::object all;
    for (const auto& [text, count] : counts) {
        if constexpr (std::same_as<Counts, largest_count>)
            all[text] = count.value;
        else
            all[text] = count;
    }
    return all;
}

json::object delivery_row(json::value group, const delivery_counts& counts) {
    json::object row{{"group", std::move(group)}};
    each_field(
        [&row]<class Field>(const char* name, const Field& field) {
            if constexpr (std::same_as<Field, largest_count>)
                row[name] = field.value;
            else
                row[name] = field;
        },
        counts);
    return row;
}

delivery_counts deliveries_of(const json::object& row) {
    delivery_counts counts;
    each_field(
        [&row]<class Field>(const char* name, Field& field) {
            if constexpr (std::same_as<Field, largest_count>)
                field.value = count_at(row, name);
            else
                field = count_at(row, name);
        },
        counts);
    return counts;
}

} // namespace

json::array telemetry_rows(const measure::totals& sum, const measure::labels& labels) {
    json::array rows;
    for (const auto& [group, counts] : sum.telemetry) {
        json::object row{{"group", name_at(labels.telemetry, group)}};
        for (const auto& [name, counter] : telemetry_counters) row[name] = counts.*counter;
        row["lost"] = counts.never_arrived();
        row["publish"] = json_latency(counts.publish);
        row["lag"] = json_latency(counts.lag);
        row["error_reasons"] = counts_object(counts.reasons);
        rows.push_back(std::move(row));
    }
    return rows;
}

json::value telemetry_backlogs(const measure::backlog_counts& b) {
    if (b == measure::backlog_counts{}) return nullptr;
    return json::object{{"begun", b.begun},
                        {"drained", json_latency(b.drained)},
                        {"errors", b.errors},
                        {"error_reasons", counts_object(b.reasons)}};
}

json::array tap_rows(const measure::totals& sum, const measure::labels& labels) {
    json::array rows;
    for (const auto& [tap, counts] : sum.taps) {
        json::array groups;
        for (const auto& [group, deliveries] : counts.groups)
            groups.push_back(delivery_row(json::string(name_at(labels.telemetry, group)), deliveries));
        // Records of no group have a row of their own, if there are any.
        if (counts.unassigned != delivery_counts{}) groups.push_back(delivery_row(nullptr, counts.unassigned));
        rows.push_back(json::object{{"name", name_at(labels.taps, tap)},
                                    {"groups", std::move(groups)},
                                    {"bridge", json_latency(counts.bridge)},
                                    {"deliver", json_latency(counts.deliver)},
                                    {"bytes", counts.bytes},
                                    {"append_times", counts.append_times},
                                    {"partitions", counts_object(counts.partitions)},
                                    {"consumer_lag", counts_object(counts.consumer_lag)},
                                    {"error_reasons", counts_object(counts.errors)}});
    }
    return rows;
}

void read_telemetry_fields(const json::object& summary, measure::totals& sum, measure::labels& labels) {
    for (const auto& row : array_at(summary, "telemetry")) {
        const auto fields = as_object(row);
        auto& counts = sum.telemetry[index_of_name(labels.telemetry, text_at(fields, "group"))];
        for (const auto& [name, counter] : telemetry_counters) counts.*counter = count_at(fields, name);
        counts.reasons = counts_by_text_at(fields, "error_reasons");
    }
    const auto backlogs = object_at(summary, "telemetry_backlogs");
    sum.backlogs.begun = count_at(backlogs, "begun");
    sum.backlogs.errors = count_at(backlogs, "errors");
    sum.backlogs.reasons = counts_by_text_at(backlogs, "error_reasons");
    for (const auto& row : array_at(summary, "taps")) {
        const auto fields = as_object(row);
        auto& tap = sum.taps[index_of_name(labels.taps, text_at(fields, "name"))];
        for (const auto& group : array_at(fields, "groups")) {
            const auto counts = as_object(group);
            const bool is_unassigned = value_at(counts, "group").is_null();
            auto& deliveries =
                is_unassigned ? tap.unassigned : tap.groups[index_of_name(labels.telemetry, text_at(counts, "group"))];
            deliveries = deliveries_of(counts);
        }
        tap.bytes = count_at(fields, "bytes");
        tap.append_times = count_at(fields, "append_times");
        tap.partitions = counts_by_text_at(fields, "partitions");
        for (const auto& [partition, lag] : counts_by_text_at(fields, "consumer_lag"))
            tap.consumer_lag[partition].value = lag;
        tap.errors = counts_by_text_at(fields, "error_reasons");
    }
}

json::object timeline_telemetry(const measure::progress& p) {
    measure::telemetry_counts sum;
    for (const auto& [group, counts] : p.interval.telemetry) add(sum, counts);
    return {{"due", sum.due},
            {"sent", sum.sent},
            {"reissued", sum.reissued},
            {"acknowledged", sum.acknowledged},
            {"lost", sum.never_arrived()},
            {"waiting", p.telemetry_waiting},
            {"publish", json_observed_latency(sum.publish)}};
}

} // namespace loadsim::report
