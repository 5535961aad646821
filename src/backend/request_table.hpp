// Table of the active and ended requests of the backend.
#pragma once

#include <loadsim/backend/counts.hpp>

#include "request.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loadsim::backend {

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

} // namespace loadsim::backend
