// Telemetry and taps in summary.json and in the timeline.
#pragma once

#include <loadsim/measure/run_result.hpp>

#include <boost/json/fwd.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace loadsim::report {

/// Counters of a telemetry group, by their names in reports and metrics. `lost` in reports is telemetry_counts::never_arrived().
inline constexpr auto telemetry_counters =
    std::to_array<std::pair<std::string_view, std::uint64_t measure::telemetry_counts::*>>({
        {"due", &measure::telemetry_counts::due},
        {"sent", &measure::telemetry_counts::sent},
        {"stored", &measure::telemetry_counts::stored},
        {"reissued", &measure::telemetry_counts::reissued},
        {"acknowledged", &measure::telemetry_counts::acknowledged},
        {"unacknowledged", &measure::telemetry_counts::unacknowledged},
        {"refused", &measure::telemetry_counts::refused},
        {"unsent", &measure::telemetry_counts::unsent},
        {"errored", &measure::telemetry_counts::errored},
        {"overwritten", &measure::telemetry_counts::overwritten},
        {"expired", &measure::telemetry_counts::expired},
        {"too_old", &measure::telemetry_counts::too_old},
        {"in_store", &measure::telemetry_counts::in_store},
        {"restored", &measure::telemetry_counts::restored},
        {"bytes", &measure::telemetry_counts::bytes},
    });

// Fields `telemetry`, `telemetry_backlogs` and `taps` of summary.json.
boost::json::array telemetry_rows(const measure::totals&, const measure::labels&);
boost::json::value telemetry_backlogs(const measure::backlog_counts&); ///< null: none began, and no error of a store
boost::json::array tap_rows(const measure::totals&, const measure::labels&);
/// Reads these fields, without the samples of histograms.jsonl.
void read_telemetry_fields(const boost::json::object& summary, measure::totals&, measure::labels&);

/// Field `telemetry` of a line of timeline.jsonl: the sum of all groups.
boost::json::object timeline_telemetry(const measure::progress&);

} // namespace loadsim::report
