#include "figures.hpp"

#include <loadsim/report/archive.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::report {
namespace {

using measure::request_record;

std::string name_of(const request_record& r) {
    return fmt::format("{} of {}, {} due at {:.3f} s",
                       r.request.empty() ? fmt::format("arrival {}", r.arrival) : "request " + printable(r.request),
                       printable(r.vin), printable(r.service), r.due_ms / 1e3);
}

std::string outcome_of(const request_record& r) {
    return std::string(to_string(r.observed)) + (r.why.empty() ? "" : " (" + printable(r.why) + ')');
}

/// What was wrong then is wrong again.
bool has_all(const request_record& now, const request_record& then) {
    return std::ranges::all_of(
        then.anomalies, [&now](const std::string& name) { return std::ranges::count(now.anomalies, name) != 0; });
}

std::string anomalies_of(const request_record& r) {
    auto names = r.anomalies;
    std::ranges::sort(names);
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + printable(name);
    return text.empty() ? "none" : text;
}

} // namespace

repetition compare(const std::vector<request_record>& then, const std::vector<request_record>& now) {
    repetition found;
    for (const auto& before : then) {
        const auto again = std::ranges::find(now, before.arrival, &request_record::arrival);
        const bool same = again != now.end() && again->observed == before.observed && has_all(*again, before);
        found.came_again = found.came_again && same;
        if (again == now.end()) {
            found.text += fmt::format("not done again: {}: {}\n", name_of(before), outcome_of(before));
            continue;
        }
        found.text += same ? fmt::format("came again: {}: {}\n", name_of(before), outcome_of(*again))
                           : fmt::format("came out differently: {}: {} then, {} now\n", name_of(before),
                                         outcome_of(before), outcome_of(*again));
        if (const auto had = anomalies_of(before), has = anomalies_of(*again); had != has)
            found.text += fmt::format("    anomalies: {} then, {} now\n", had, has);
    }
    return found;
}

} // namespace loadsim::report
