// Counters of the reference backend since its start, by component.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/http/server.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace loadsim::backend {

struct request_counts {
    std::uint64_t created = 0;
    std::uint64_t active = 0; ///< not yet in a final state
    std::uint64_t executed = 0;
    std::uint64_t failed = 0;     ///< timed out, or failed by the vehicle's response
    std::uint64_t timed_out = 0;  ///< part of `failed`: ended by the lifecycle
    std::uint64_t remembered = 0; ///< requests available to GET, including active ones
    friend bool operator==(const request_counts&, const request_counts&) = default;
};

/// Rejected requests.
struct creation_counts {
    std::uint64_t busy = 0; ///< the vehicle had an active request
    std::uint64_t unknown_service = 0;
    std::uint64_t invalid_vin = 0;
    std::uint64_t overloaded = 0; ///< the queue for the workers was full
    friend bool operator==(const creation_counts&, const creation_counts&) = default;
};

/// Requests that wait for a worker.
struct worker_counts {
    std::uint64_t waiting = 0; ///< now
    std::uint64_t waiting_peak = 0;
    friend bool operator==(const worker_counts&, const worker_counts&) = default;
};

/// Messages to the broker: commands and final events.
struct outbound_counts {
    std::uint64_t waiting = 0;     ///< for a connection, or for room in the send window
    std::uint64_t unconfirmed = 0; ///< sent, not acknowledged by the broker
    std::uint64_t confirmed = 0;
    std::uint64_t sent_again = 0; ///< connection lost before the acknowledgement
    std::uint64_t expired = 0;    ///< commands not sent because the request was no longer pending
    std::uint64_t dropped = 0;    ///< oldest messages of a full queue
    std::uint64_t refused = 0;    ///< by the broker
    friend bool operator==(const outbound_counts&, const outbound_counts&) = default;
};

/// Messages from vehicles; each is counted once. Only `applied` ones changed a state.
struct inbound_counts {
    std::uint64_t applied = 0;
    std::uint64_t progress = 0;      ///< "running" for a request that is already running
    std::uint64_t duplicate = 0;     ///< repeated response, or an acknowledgement after the final response
    std::uint64_t conflicting = 0;   ///< a second final response that differs from the first
    std::uint64_t late = 0;          ///< after the request had timed out
    std::uint64_t unknown = 0;       ///< no such request
    std::uint64_t wrong_vehicle = 0; ///< for another vehicle's request, or with another vehicle's VIN
    std::uint64_t malformed = 0;     ///< topic or payload violates the contract
    friend bool operator==(const inbound_counts&, const inbound_counts&) = default;
};

struct persistence_counts {
    std::uint64_t batches = 0;
    std::uint64_t events = 0;  ///< in those batches
    std::uint64_t written = 0; ///< part of `events`: in the database
    std::uint64_t lost = 0;    ///< part of `events`: rejected by the database, or dropped because it was too slow
    friend bool operator==(const persistence_counts&, const persistence_counts&) = default;
};

/// Sleeping vehicles and the wake-up triggers sent to them.
struct wakeup_counts {
    std::uint64_t asleep = 0; ///< now
    std::uint64_t triggers = 0;
    std::uint64_t failed = 0;    ///< part of `triggers`: not sent, or rejected by the gateway
    std::uint64_t malformed = 0; ///< presence that cannot be parsed, or names an unknown bearer
    friend bool operator==(const wakeup_counts&, const wakeup_counts&) = default;
};

/// Injected faults, by fault kind and message kind.
struct fault_counts {
    static constexpr std::size_t kinds = 6;
    static constexpr std::size_t messages = 4;
    std::array<std::array<std::uint64_t, messages>, kinds> table{};

    std::uint64_t& of(fault::kind what, fault::message message) {
        return table[static_cast<std::size_t>(what)][static_cast<std::size_t>(message)];
    }
    std::uint64_t of(fault::kind what, fault::message message) const {
        return table[static_cast<std::size_t>(what)][static_cast<std::size_t>(message)];
    }
    friend bool operator==(const fault_counts&, const fault_counts&) = default;
};

struct backend_counts {
    request_counts requests;
    creation_counts creation;
    worker_counts workers;
    outbound_counts outbound;
    inbound_counts inbound;
    persistence_counts persistence;
    loadsim::http::server_counts http;
    wakeup_counts wakeup;
    fault_counts faults;
    bool broker_connected = false;
    friend bool operator==(const backend_counts&, const backend_counts&) = default;
};

} // namespace loadsim::backend
