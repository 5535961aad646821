// What was wrong in a run, on one page.
#include "figures.hpp"
#include "summary_ledger.hpp"
#include "table.hpp"

#include <loadsim/report/archive.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace loadsim::report {
namespace {

std::string at(double ms) { return std::isnan(ms) ? "-" : fmt::format("{:.3f} s", ms / 1e3); }

std::string head(const archive& all) {
    auto text = all.scenario.empty() ? std::string("a run without a name") : printable(all.scenario);
    if (const auto kind = kind_of(all.how); !kind.empty()) text += "  (" + std::string(kind) + ')';
    text += fmt::format("\n    {} written down, {} of them unexpected\n",
                        count_of(all.written, "request is", "requests are"), human_count(all.unexpected));
    return text;
}

std::string requests(const archive& all) {
    if (all.requests.empty()) return "";
    std::vector<row> rows{{"due at", "vehicle", "service", "expected", "observed", "request", "why, anomalies"}};
    for (const auto& r : all.requests) {
        auto why = printable(r.why);
        for (const auto& name : r.anomalies) why += (why.empty() ? "" : ", ") + printable(name);
        rows.push_back({at(r.due_ms), printable(r.vin), printable(r.service), to_string(r.expected),
                        std::string(to_string(r.observed)), r.request.empty() ? "-" : printable(r.request), why});
    }
    std::string text = "\nunexpected, or with an anomaly\n" + table(rows, 0, 1);
    if (all.wanted > all.requests.size())
        text += fmt::format("    ... and {} more; --limit shows more\n", human_count(all.wanted - all.requests.size()));
    return text;
}

/// Anomalies that no line above tells of.
std::string others(const archive& all) {
    std::unordered_set<std::string> told;
    for (const auto& r : all.requests) told.insert(r.request);
    told.erase("");
    std::vector<row> rows{{"at", "vehicle", "anomaly", "evidence"}};
    for (const auto& a : all.anomalies)
        if (!a.provoked && !told.contains(a.request))
            rows.push_back({at(a.at_ms), a.vin.empty() ? "-" : printable(a.vin), std::string(to_string(a.what)),
                            printable(a.evidence)});
    return rows.size() == 1 ? "" : "\nanomalies of other requests, and of none\n" + table(rows, 0, 1);
}

std::string further(const archive& all, const std::filesystem::path& folder) {
    const auto explain = "loadsim explain " + folder.string();
    std::vector<row> rows;
    const auto known = std::ranges::find_if(all.requests, [](const auto& r) { return !r.request.empty(); });
    if (known != all.requests.end()) {
        const auto request = " --request " + printable(known->request);
        rows.push_back({explain + request, "how it came to that"});
        rows.push_back({"loadsim replay " + folder.string() + request, "whether it comes again"});
    }
    if (!all.requests.empty()) {
        rows.push_back({explain + " --vehicle " + printable(all.requests.front().vin), "all of that vehicle"});
        rows.push_back({explain + " --unexpected", "all of these"});
    }
    return rows.empty() ? "\nnothing is unexpected\n" : "\nfurther\n" + table(rows, 2);
}

} // namespace

std::string overview(const archive& all, const std::filesystem::path& folder) {
    return head(all) + requests(all) + anomalies_text(all.anomalies_by_kind, all.provoked_by_kind, all.not_recorded) +
           others(all) + further(all, folder);
}

} // namespace loadsim::report
