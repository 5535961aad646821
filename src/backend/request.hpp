// Remote-services request and its states.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::backend {

enum class state : std::uint8_t { created, pending, running, executed, failed };
BOOST_DESCRIBE_ENUM(state, created, pending, running, executed, failed)

constexpr std::string_view to_string(state s) { return enum_name(s); }
constexpr bool is_final(state s) { return s == state::executed || s == state::failed; }

/// Forward only; final states have no successor. States may be skipped: a final response can overtake the
/// acknowledgement.
constexpr bool may_follow(state from, state to) { return !is_final(from) && to > from; }

/// Reason of a request that timed out.
inline constexpr std::string_view timeout_reason = "timeout";

/// VIN: 17 characters of the VIN alphabet. Stored without heap allocation, because a million may be kept.
class vin {
public:
    /// nullopt: wrong length, or a character other than A-Z without I, O, Q, and 0-9. The check digit is not verified.
    static std::optional<vin> parse(std::string_view);
    std::string_view view() const { return {text_.data(), text_.size()}; }

private:
    std::array<char, 17> text_{};
};

/// Sequence number of a request in this backend, from 1.
enum class request_number : std::uint64_t {};

struct request {
    std::string reason; ///< of a failure; empty otherwise
    /// Times of entering created, pending, running and the final state; `never`: state not entered.
    std::array<monotonic_time, 4> entered{never, never, never, never};
    request_number number{};
    std::uint16_t service = 0; ///< index into options::services
    backend::vin vin;
    backend::state state = state::created;
    bool announced = false;        ///< the final event was sent; prevents a second one if the queue delivers twice
    bool wakeup_scheduled = false; ///< a wake-up trigger is scheduled for its vehicle
    bool dropped = false;          ///< dropped by a fault; find() no longer returns it

    static constexpr std::size_t slot(backend::state s) { return is_final(s) ? 3 : static_cast<std::size_t>(s); }
    monotonic_time entered_at(backend::state s) const { return entered[slot(s)]; }
};

/// Message of the event bus: a request has entered a state.
struct state_change {
    request_number number{};
    backend::vin vin;
    std::uint16_t service = 0;
    backend::state state = state::created;
    std::string reason;
    monotonic_time at{};
};

} // namespace loadsim::backend
