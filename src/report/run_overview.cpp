// One-page overview of unexpected requests and anomalies.
#include "summary_sections.hpp"
#include "text_format.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/report/report_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace loadsim::report {
namespace {

std::string time_text(double ms) { return std::isnan(ms) ? "-" : fmt::format("{:.3f} s", ms / 1e3); }

std::string heading(const report_contents& all) {
    auto text = all.scenario.empty() ? std::string("unnamed run") : escape_for_terminal(all.scenario);
    if (const auto kind = mode_text(all.mode); !kind.empty()) text += "  (" + std::string(kind) + ')';
    text += fmt::format("\n    {} recorded, {} of them unexpected\n", count_of(all.recorded, "request", "requests"),
                        human_count(all.unexpected));
    return text;
}

std::string requests(const report_contents& all) {
    if (all.requests.empty()) return "";
    std::vector<row> rows{{"due at", "vehicle", "service", "expected", "observed", "request", "reason, anomalies"}};
    for (const auto& r : all.requests) {
        auto reason = escape_for_terminal(r.reason);
        for (const auto& name : r.anomalies) reason += (reason.empty() ? "" : ", ") + escape_for_terminal(name);
        rows.push_back({time_text(r.due_at_ms), escape_for_terminal(r.vin), escape_for_terminal(r.service),
                        to_string(r.expected_outcomes), std::string(to_string(r.outcome)),
                        r.request_id.empty() ? "-" : escape_for_terminal(r.request_id), reason});
    }
    std::string text = "\nunexpected requests, and requests with an anomaly\n" + table(rows, 0, 1);
    if (all.matching > all.requests.size())
        text +=
            fmt::format("    ... and {} more; --limit shows more\n", human_count(all.matching - all.requests.size()));
    return text;
}

/// Anomalies of requests that are not listed above.
std::string other_anomalies(const report_contents& all) {
    std::unordered_set<std::string> listed;
    for (const auto& r : all.requests) listed.insert(r.request_id);
    listed.erase("");
    std::vector<row> rows{{"at", "vehicle", "anomaly", "evidence"}};
    for (const auto& a : all.anomalies)
        if (!a.expected && !listed.contains(a.request_id))
            rows.push_back({time_text(a.at_ms), a.vin.empty() ? "-" : escape_for_terminal(a.vin),
                            std::string(to_string(a.kind)), escape_for_terminal(a.evidence)});
    return rows.size() == 1 ? "" : "\nanomalies of other requests, and without a request\n" + table(rows, 0, 1);
}

std::string suggested_commands(const report_contents& all, const std::filesystem::path& folder) {
    const auto explain = "loadsim explain " + folder.string();
    std::vector<row> rows;
    const auto with_id = std::ranges::find_if(all.requests, [](const auto& r) { return !r.request_id.empty(); });
    if (with_id != all.requests.end()) {
        const auto request = " --request " + escape_for_terminal(with_id->request_id);
        rows.push_back({explain + request, "timeline of this request"});
        rows.push_back({"loadsim replay " + folder.string() + request, "run it again"});
    }
    if (!all.requests.empty()) {
        rows.push_back(
            {explain + " --vehicle " + escape_for_terminal(all.requests.front().vin), "all requests of this vehicle"});
        rows.push_back({explain + " --unexpected", "timelines of all these requests"});
    }
    return rows.empty() ? "\nnothing unexpected\n" : "\nnext\n" + table(rows, 2);
}

} // namespace

std::string run_overview(const report_contents& all, const std::filesystem::path& folder) {
    return heading(all) + requests(all) +
           anomalies_text(all.anomalies_by_kind, all.expected_anomalies_by_kind, all.omitted_records) +
           other_anomalies(all) + suggested_commands(all, folder);
}

} // namespace loadsim::report
