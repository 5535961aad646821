// What became of a request: the words that behaviours promise in and the ledger counts in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim {

/// Every due request ends in exactly one of these.
enum class outcome : std::uint8_t {
    executed,   ///< the platform announced success
    failed,     ///< the platform announced failure
    timed_out,  ///< the platform gave up on a silent vehicle
    rejected,   ///< the platform said no when asked (HTTP 409: busy)
    errored,    ///< the request could not be handed over: transport, time-out, other HTTP status
    unanswered, ///< handed over, and no end was ever announced
    skipped,    ///< never sent: no vehicle was free, or the phase's maxVusers was reached
};

inline constexpr std::array<std::string_view, 7> outcome_names{"executed", "failed",     "timed_out", "rejected",
                                                               "errored",  "unanswered", "skipped"};
inline constexpr std::size_t outcome_count = outcome_names.size();

constexpr std::string_view to_string(outcome o) { return outcome_names[static_cast<std::size_t>(o)]; }

constexpr std::optional<outcome> parse_outcome(std::string_view name) {
    for (std::size_t i = 0; i < outcome_count; ++i)
        if (outcome_names[i] == name) return static_cast<outcome>(i);
    return std::nullopt;
}

} // namespace loadsim
