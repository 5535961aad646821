// Budget metrics of telemetry and of taps.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::verdict {

bool is_of_telemetry(const budget&);                   ///< telemetry.NAME
bool is_of_taps(const budget&);                        ///< tap.NAME
bool is_part_of_lost(std::string_view metric);         ///< telemetry.NAME of messages that telemetry.lost counts, too
bool is_of_backlogs(const budget&);                    ///< telemetry.backlog.drained, which is of telemetry, too
std::vector<std::string_view> telemetry_count_names(); ///< of telemetry.NAME that is a count
std::vector<std::string_view> tap_count_names();       ///< of tap.NAME that is a count

/// Samples of a duration. A backlog that was not drained at the end of the run has a sample above the highest value, unless the run was
/// aborted: it might still have drained.
measure::histogram telemetry_durations(const budget&, const measure::run_result&, const measure::labels&);
/// What a count is of: messages that were due or, of a tap, sent; records that a tap consumed.
struct telemetry_base {
    std::uint64_t count = 0;
    std::string_view noun;
};
telemetry_base telemetry_base_of(const budget&, const measure::totals&, const measure::labels&);
/// Value of a count, also of `.count`; absent: no message was due, or the tap consumed nothing.
std::optional<double> telemetry_count(const budget&, const measure::totals&, const measure::labels&);
/// "; most often (20 of 'position'): packet too large", of a count of lost messages; empty: no reason of theirs is known.
std::string telemetry_reason_text(const budget&, const measure::totals&, const measure::labels&);
/// Lag of the messages that a budget of telemetry is about.
measure::histogram telemetry_lag(const budget&, const measure::totals&, const measure::labels&);

/// Errors for a budget of telemetry or taps that the scenario has not. Empty: none.
std::vector<std::string> check_telemetry(const budget&, const measure::labels&);

} // namespace loadsim::verdict
