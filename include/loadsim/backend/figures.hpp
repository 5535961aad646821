// What the reference backend counted since it started, component by component.
#pragma once

#include <loadsim/backend/options.hpp>
#include <loadsim/http/server.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace loadsim::backend {

struct request_figures {
    std::uint64_t created = 0;
    std::uint64_t active = 0; ///< of them without an end so far
    std::uint64_t executed = 0;
    std::uint64_t failed = 0;     ///< all of them, timed out or told so by the vehicle
    std::uint64_t timed_out = 0;  ///< of `failed`: ended by the lifecycle
    std::uint64_t remembered = 0; ///< requests that GET still knows, active ones among them
    friend bool operator==(const request_figures&, const request_figures&) = default;
};

/// Requests that were turned away.
struct creation_figures {
    std::uint64_t busy = 0; ///< the vehicle had an active one
    std::uint64_t unknown_service = 0;
    std::uint64_t invalid_vin = 0;
    friend bool operator==(const creation_figures&, const creation_figures&) = default;
};

/// Messages on their way to the broker: commands and final events.
struct outbound_figures {
    std::uint64_t waiting = 0;     ///< for the broker to come back, or for room
    std::uint64_t unconfirmed = 0; ///< handed over, not acknowledged by the broker
    std::uint64_t confirmed = 0;
    std::uint64_t sent_again = 0; ///< the connection was lost before the acknowledgement
    std::uint64_t expired = 0;    ///< commands not sent, because the request had ended or moved on meanwhile
    std::uint64_t dropped = 0;    ///< the oldest, because too many were waiting
    std::uint64_t refused = 0;    ///< by the broker
    friend bool operator==(const outbound_figures&, const outbound_figures&) = default;
};

/// Each message from a vehicle is counted once. Only `applied` ones changed a state.
struct inbound_figures {
    std::uint64_t applied = 0;
    std::uint64_t progress = 0;      ///< "running" of one that is running: nothing new
    std::uint64_t duplicate = 0;     ///< the same word once more, or an acknowledgement after the vehicle's end
    std::uint64_t conflicting = 0;   ///< a second end that differs from the first
    std::uint64_t late = 0;          ///< after the lifecycle had given up on it
    std::uint64_t unknown = 0;       ///< of no request that we know
    std::uint64_t wrong_vehicle = 0; ///< of another vehicle's request, or with another vehicle's VIN in it
    std::uint64_t malformed = 0;     ///< topic or payload not of the contract
    friend bool operator==(const inbound_figures&, const inbound_figures&) = default;
};

struct persistence_figures {
    std::uint64_t batches = 0;
    std::uint64_t events = 0;  ///< in those batches
    std::uint64_t written = 0; ///< of them in the database by now
    std::uint64_t lost = 0;    ///< of them given up on: the database refused each alone, or could not keep up
    friend bool operator==(const persistence_figures&, const persistence_figures&) = default;
};

/// Vehicles that sleep, and what was sent to wake them.
struct wake_figures {
    std::uint64_t asleep = 0; ///< now
    std::uint64_t triggers = 0;
    std::uint64_t failed = 0;    ///< of them: not sent, or not taken by the gateway
    std::uint64_t malformed = 0; ///< presence that says nothing, or a way to wake that there is not
    friend bool operator==(const wake_figures&, const wake_figures&) = default;
};

/// Faults on purpose, by what was done and to which message.
struct fault_figures {
    static constexpr std::size_t kinds = 6;
    static constexpr std::size_t messages = 4;
    std::array<std::array<std::uint64_t, messages>, kinds> done{};

    std::uint64_t& of(fault::kind what, fault::message message) {
        return done[static_cast<std::size_t>(what)][static_cast<std::size_t>(message)];
    }
    std::uint64_t of(fault::kind what, fault::message message) const {
        return done[static_cast<std::size_t>(what)][static_cast<std::size_t>(message)];
    }
    friend bool operator==(const fault_figures&, const fault_figures&) = default;
};

struct figures {
    request_figures requests;
    creation_figures creation;
    outbound_figures outbound;
    inbound_figures inbound;
    persistence_figures persistence;
    loadsim::http::server_figures http;
    wake_figures wake;
    fault_figures faults;
    bool broker_connected = false;
    friend bool operator==(const figures&, const figures&) = default;
};

} // namespace loadsim::backend
