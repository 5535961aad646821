// Outcomes of a request: expected by behaviours, counted by the ledger.
#pragma once

#include <loadsim/base/enum_names.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim {

/// Every due request ends with exactly one outcome.
enum class outcome : std::uint8_t {
    executed,   ///< the platform announced success
    failed,     ///< the platform announced failure
    timed_out,  ///< the platform reported a time-out of a silent vehicle
    rejected,   ///< the platform refused the request (HTTP 409: busy)
    errored,    ///< sending the request failed: transport, time-out, other HTTP status
    unanswered, ///< accepted, and no completion was ever announced
    skipped,    ///< never sent: no vehicle was available, or the phase's maxVusers was reached
};

BOOST_DESCRIBE_ENUM(outcome, executed, failed, timed_out, rejected, errored, unanswered, skipped)

inline constexpr auto outcome_names = enum_names<outcome>;
inline constexpr std::size_t outcome_count = outcome_names.size();
constexpr std::string_view to_string(outcome o) { return enum_name(o); }
constexpr std::optional<outcome> parse_outcome(std::string_view name) { return parse_enum<outcome>(name); }

/// Set of acceptable outcomes: those of a behaviour and those that a condition adds.
class outcome_set {
public:
    constexpr outcome_set() = default;
    constexpr outcome_set(outcome one) : bits_(bit(one)) {} // one outcome is a set of it
    constexpr outcome_set(std::initializer_list<outcome> all) {
        for (const auto o : all) bits_ = static_cast<std::uint8_t>(bits_ | bit(o));
    }

    constexpr bool contains(outcome o) const { return (bits_ & bit(o)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr bool single() const { return bits_ != 0 && (bits_ & (bits_ - 1)) == 0; }
    constexpr void add(outcome_set more) { bits_ = static_cast<std::uint8_t>(bits_ | more.bits_); }

    /// For map keys and rank messages: bit i is outcome i.
    constexpr std::uint8_t bits() const { return bits_; }
    static constexpr outcome_set from_bits(std::uint8_t bits) {
        outcome_set made;
        made.bits_ = static_cast<std::uint8_t>(bits & ((1U << outcome_count) - 1));
        return made;
    }
    friend constexpr auto operator<=>(const outcome_set&, const outcome_set&) = default;

private:
    static constexpr std::uint8_t bit(outcome o) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(o)); }
    std::uint8_t bits_ = 0;
};

/// "executed", "executed or timed_out"; "nothing" when empty.
inline std::string to_string(outcome_set all) {
    std::string text;
    for (std::size_t i = 0; i < outcome_count; ++i) {
        if (!all.contains(static_cast<outcome>(i))) continue;
        if (!text.empty()) text += " or ";
        text += outcome_names[i];
    }
    return text.empty() ? "nothing" : text;
}

} // namespace loadsim
