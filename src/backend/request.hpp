// A remote-services request and the states it goes through.
#pragma once

#include <loadsim/base/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::backend {

enum class state : std::uint8_t { created, pending, running, executed, failed };
inline constexpr std::array<std::string_view, 5> state_names{"created", "pending", "running", "executed", "failed"};

constexpr std::string_view to_string(state s) { return state_names[static_cast<std::size_t>(s)]; }
constexpr bool is_final(state s) { return s == state::executed || s == state::failed; }

/// Forward only, and nothing follows an end. States may be skipped: a final word can overtake the acknowledgement.
constexpr bool may_follow(state from, state to) { return !is_final(from) && to > from; }

/// The reason of a request that the lifecycle ended.
inline constexpr std::string_view timeout_reason = "timeout";

/// A vehicle's name: 17 characters of the VIN alphabet. Held in place, because a million are remembered.
class vin {
public:
    /// nullopt: another length, or a character outside A-Z without I, O, Q, and 0-9. The check digit is not looked at.
    static std::optional<vin> parse(std::string_view);
    std::string_view view() const { return {text_.data(), text_.size()}; }

private:
    std::array<char, 17> text_{};
};

/// The n-th request of this backend, from 1.
enum class request_number : std::uint64_t {};

struct request {
    std::string reason; ///< why it failed; empty otherwise
    /// When it entered created, pending, running and its end; `never` for a state it was not in.
    std::array<monotonic_time, 4> entered{never, never, never, never};
    request_number number{};
    std::uint16_t service = 0; ///< index into options::services
    backend::vin vin;
    backend::state state = state::created;
    bool announced = false;  ///< the final event has gone out: queues may deliver twice, the world hears once
    bool called_for = false; ///< its vehicle sleeps, or slept, and is being woken
    bool lost = false;       ///< by a fault: nobody finds it any more

    static constexpr std::size_t slot(backend::state s) { return is_final(s) ? 3 : static_cast<std::size_t>(s); }
    monotonic_time entered_at(backend::state s) const { return entered[slot(s)]; }
};

/// What the in-process topic carries: a request has entered a state.
struct change {
    request_number number{};
    backend::vin vin;
    std::uint16_t service = 0;
    backend::state state = state::created;
    std::string reason;
    monotonic_time at{};
};

} // namespace loadsim::backend
