// Requests of the backend: states, table, and the only writer of states.
#pragma once

#include "event_bus.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

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

/// Request numbers are consecutive, so one deque serves as table and age order: find is an index, eviction a pop, and a
/// stored request costs about 100 bytes without a map node.
///
/// Bound:   `remembered` requests; more only while the oldest is active (its deadlines limit that).
/// Threads: one. References stay valid until the request is evicted; active requests are never evicted.
class request_table {
public:
    /// `prefix`: random for each start, so that the ids of two backends or two starts differ.
    request_table(std::uint32_t prefix, nanoseconds time_to_live, std::size_t remembered);

    request& add(const vin&, std::uint16_t service, monotonic_time now);

    request* find(request_number);
    const request* find(request_number) const;
    /// nullopt: unknown, evicted, or past its time to live. Otherwise find(request_number) returns the request.
    std::optional<request_number> find(std::string_view id, monotonic_time now) const;
    /// Active request of the vehicle; nullptr: none.
    const request* active(const vin&) const;

    /// Enters the state, releases the vehicle on a final state, and counts. Called by `processing` only.
    void enter(request&, state, std::string reason, monotonic_time now);

    /// Fault: removes the active request as if it had never existed; the vehicle becomes free.
    void drop_active(request_number);
    bool is_dropped(request_number) const; ///< and not yet evicted

    /// Evicts ended requests that are past their time to live or exceed the limit. Amortised constant time per request.
    void evict(monotonic_time now);

    /// 16 hexadecimal digits.
    std::string id(request_number) const;
    request_counts counts() const;

private:
    std::optional<std::size_t> index_of(request_number) const;
    std::optional<request_number> parse(std::string_view id) const;
    bool expired(const request& r, monotonic_time now) const {
        return is_final(r.state) && now - r.entered_at(r.state) >= time_to_live_;
    }

    std::deque<request> requests_;
    std::unordered_map<std::string_view, request_number> active_; // keys are views into requests_
    std::uint64_t first_ = 1;                                     // number of requests_.front()
    std::uint32_t prefix_;
    nanoseconds time_to_live_;
    std::size_t remembered_;
    request_counts counts_;
};

/// The only writer of states; publishes each change on the event bus. A transition that the state order does not allow
/// has no effect and is not published; this makes late, repeated and crossing messages harmless.
class processing {
public:
    processing(request_table& requests, const time_source& time) : requests_(requests), time_(time) {}

    /// Creates a request in state created.
    const request& create_request(const vin&, std::uint16_t service);
    /// False: the request has ended, or is already in this state or a later one.
    bool transition(request&, state to, std::string reason = {});

    event_bus<state_change>& changes() { return changes_; }

private:
    void publish_change(const request&, monotonic_time at);

    request_table& requests_;
    const time_source& time_;
    event_bus<state_change> changes_;
};

} // namespace loadsim::backend
