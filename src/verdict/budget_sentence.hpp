// Sentence about the result of a budget.
#pragma once

#include <loadsim/verdict/budget.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::verdict {

/// The load generator's own lateness beside a budget that was not met, in milliseconds.
struct generator_lateness {
    std::optional<double> lag_p99{}; ///< of the requests or messages of the same labels; absent: the metric has none
    std::string_view lag_of = "requests";
    std::optional<double> loop_delay_p99{}; ///< absent: no samples
    std::uint64_t late_skips = 0;           ///< requests that were skipped for it, without which the budget would hold
};

/// What was asked, what was seen, by how much it missed, in how many samples, without a full stop. `samples_of`: what the result's
/// samples are, in the plural: "requests". Of an undecided budget also the lateness and what to change.
std::string sentence_of(const budget&, const budget_result&, std::string_view samples_of, const generator_lateness&);

} // namespace loadsim::verdict
