#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/report_reader.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::report {
namespace {

using measure::request_record;

std::string request_text(const request_record& r) {
    return fmt::format("{} of {}, {} due at {:.3f} s",
                       r.request_id.empty() ? fmt::format("arrival {}", r.arrival)
                                            : "request " + escape_for_terminal(r.request_id),
                       escape_for_terminal(r.vin), escape_for_terminal(r.service), r.due_at_ms / 1e3);
}

std::string outcome_text(const request_record& r) {
    return std::string(to_string(r.outcome)) + (r.reason.empty() ? "" : " (" + escape_for_terminal(r.reason) + ')');
}

/// True if the replayed request has all anomalies of the original one.
bool has_all_anomalies(const request_record& replayed, const request_record& original) {
    return std::ranges::all_of(original.anomalies, [&replayed](const std::string& name) {
        return std::ranges::count(replayed.anomalies, name) != 0;
    });
}

std::string anomaly_names_text(const request_record& r) {
    auto names = r.anomalies;
    std::ranges::sort(names);
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + escape_for_terminal(name);
    return text.empty() ? "none" : text;
}

} // namespace

replay_comparison compare_replay(const std::vector<request_record>& original,
                                 const std::vector<request_record>& replayed) {
    replay_comparison comparison;
    for (const auto& request : original) {
        const auto match = std::ranges::find(replayed, request.arrival, &request_record::arrival);
        const bool same =
            match != replayed.end() && match->outcome == request.outcome && has_all_anomalies(*match, request);
        comparison.reproduced = comparison.reproduced && same;
        comparison.by_request.push_back(same);
        if (match == replayed.end()) {
            comparison.text += fmt::format("not replayed: {}: {}\n", request_text(request), outcome_text(request));
            continue;
        }
        comparison.text += same ? fmt::format("reproduced: {}: {}\n", request_text(request), outcome_text(*match))
                                : fmt::format("differs: {}: {} originally, {} now\n", request_text(request),
                                              outcome_text(request), outcome_text(*match));
        if (const auto original_anomalies = anomaly_names_text(request),
            replayed_anomalies = anomaly_names_text(*match);
            original_anomalies != replayed_anomalies)
            comparison.text +=
                fmt::format("    anomalies: {} originally, {} now\n", original_anomalies, replayed_anomalies);
    }
    return comparison;
}

replay_comparison combine_replays(const std::vector<request_record>& original,
                                  const std::vector<replay_comparison>& all) {
    replay_comparison combined;
    for (std::size_t i = 0; i < original.size(); ++i) {
        const auto times = std::ranges::count_if(all, [i](const replay_comparison& one) { return one.by_request[i]; });
        combined.by_request.push_back(times != 0);
        combined.reproduced = combined.reproduced && times != 0;
        combined.text += fmt::format("reproduced {} of {} times: {}: {}\n", times, all.size(),
                                     request_text(original[i]), outcome_text(original[i]));
    }
    return combined;
}

} // namespace loadsim::report
