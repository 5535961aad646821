// All requests that the backend knows, active and ended.
#pragma once

#include <loadsim/backend/figures.hpp>

#include "request.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace loadsim::backend {

/// Requests are numbered in a row, so one deque is table and age order in one: finding is an index, forgetting a pop,
/// and a remembered request costs its 100 bytes and no node of a map.
///
/// Bound:   `remembered` requests, or more only while the oldest of them has no end (its deadlines see to that).
/// Threads: one. References stay good until the request is forgotten; active ones never are.
class request_table {
public:
    /// `prefix`: drawn at each start, so that the ids of two backends or of two starts do not meet.
    request_table(std::uint32_t prefix, nanoseconds time_to_live, std::size_t remembered);

    request& add(const vin&, std::uint16_t service, monotonic_time now);

    request* find(request_number);
    const request* find(request_number) const;
    /// nullopt: never was, forgotten, or past its time to live. Else find() has it.
    std::optional<request_number> find(std::string_view id, monotonic_time now) const;
    /// The vehicle's request that has no end yet; nullptr: the vehicle is free.
    const request* active(const vin&) const;

    /// Enters the state, gives the vehicle free at an end, and counts. Only `processing` calls it.
    void enter(request&, state, std::string reason, monotonic_time now);

    /// A fault: from now on it is as if the active request had never been, and the vehicle is free.
    void lose(request_number);

    /// Drops ended requests that are past their time to live or too many. Amortised: each goes once.
    void forget(monotonic_time now);

    /// 16 hexadecimal digits.
    std::string id(request_number) const;
    request_figures counted() const;

private:
    std::optional<std::size_t> index_of(request_number) const;
    std::optional<request_number> parse(std::string_view id) const;
    bool expired(const request& r, monotonic_time now) const {
        return is_final(r.state) && now - r.entered_at(r.state) >= time_to_live_;
    }

    std::deque<request> requests_;
    std::unordered_map<std::string_view, request_number> active_; // keys look into requests_
    std::uint64_t first_ = 1;                                     // number of requests_.front()
    std::uint32_t prefix_;
    nanoseconds time_to_live_;
    std::size_t remembered_;
    request_figures figures_;
};

} // namespace loadsim::backend
