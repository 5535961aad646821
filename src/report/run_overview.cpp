// One-page overview of unexpected requests and anomalies.
#include "summary_ledger.hpp"
#include "table.hpp"
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
    auto text = all.scenario.empty() ? std::string("a run without a name") : escape_for_terminal(all.scenario);
    if (const auto kind = mode_text(all.mode); !kind.empty()) text += "  (" + std::string(kind) + ')';
    text += fmt::format("\n    {} written down, {} of them unexpected\n",
                        count_of(all.recorded, "request is", "requests are"), human_count(all.unexpected));
    return text;
}

std::string requests(const report_contents& all) {
    if (all.requests.empty()) return "";
    std::vector<row> rows{{"due at", "vehicle", "service", "expected", "observed", "request", "why, anomalies"}};
    for (const auto& r : all.requests) {
        auto why = escape_for_terminal(r.why);
        for (const auto& name : r.anomalies) why += (why.empty() ? "" : ", ") + escape_for_terminal(name);
        rows.push_back({time_text(r.due_ms), escape_for_terminal(r.vin), escape_for_terminal(r.service),
                        to_string(r.expected), std::string(to_string(r.observed)),
                        r.request.empty() ? "-" : escape_for_terminal(r.request), why});
    }
    std::string text = "\nunexpected, or with an anomaly\n" + table(rows, 0, 1);
    if (all.matching > all.requests.size())
        text +=
            fmt::format("    ... and {} more; --limit shows more\n", human_count(all.matching - all.requests.size()));
    return text;
}

/// Anomalies of requests that are not listed above.
std::string other_anomalies(const report_contents& all) {
    std::unordered_set<std::string> listed;
    for (const auto& r : all.requests) listed.insert(r.request);
    listed.erase("");
    std::vector<row> rows{{"at", "vehicle", "anomaly", "evidence"}};
    for (const auto& a : all.anomalies)
        if (!a.expected && !listed.contains(a.request))
            rows.push_back({time_text(a.at_ms), a.vin.empty() ? "-" : escape_for_terminal(a.vin),
                            std::string(to_string(a.kind)), escape_for_terminal(a.evidence)});
    return rows.size() == 1 ? "" : "\nanomalies of other requests, and of none\n" + table(rows, 0, 1);
}

std::string suggested_commands(const report_contents& all, const std::filesystem::path& folder) {
    const auto explain = "loadsim explain " + folder.string();
    std::vector<row> rows;
    const auto with_id = std::ranges::find_if(all.requests, [](const auto& r) { return !r.request.empty(); });
    if (with_id != all.requests.end()) {
        const auto request = " --request " + escape_for_terminal(with_id->request);
        rows.push_back({explain + request, "how it came to that"});
        rows.push_back({"loadsim replay " + folder.string() + request, "whether it comes again"});
    }
    if (!all.requests.empty()) {
        rows.push_back(
            {explain + " --vehicle " + escape_for_terminal(all.requests.front().vin), "all of that vehicle"});
        rows.push_back({explain + " --unexpected", "all of these"});
    }
    return rows.empty() ? "\nnothing is unexpected\n" : "\nfurther\n" + table(rows, 2);
}

} // namespace

std::string run_overview(const report_contents& all, const std::filesystem::path& folder) {
    return heading(all) + requests(all) +
           anomalies_text(all.anomalies_by_kind, all.expected_anomalies_by_kind, all.not_recorded) +
           other_anomalies(all) + suggested_commands(all, folder);
}

} // namespace loadsim::report
