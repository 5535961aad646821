// Payloads of the platform's contract (domain: proposed defaults): JSON, rendered and read.
#pragma once

#include <loadsim/base/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::contract {

/// Platform to vehicle: {"id","service","ts"}; ts in ms since the epoch.
struct command {
    std::string id;
    std::string service;
    std::int64_t ts_ms = 0;
};

/// Vehicle to platform: {"id","phase":"ack|running|final","ok","code","ts","sent","seq"}, and "vin" where it says whose
/// it is.
struct response {
    enum class phase : std::uint8_t { ack, running, final };
    std::string id;
    response::phase at = phase::ack;
    bool ok = true;
    std::string code;         ///< why not, such as "door_open"; empty when ok
    std::int64_t ts_ms = 0;   ///< the car's clock
    std::int64_t sent_us = 0; ///< the generator's steady clock, for measuring
    std::int64_t seq = 0;     ///< 1, 2, ... of the vehicle; 0: not told
    std::string vin{};        ///< of the topic's vehicle, if it is there at all; else the word is to be refused
};

/// Platform to the world: {"id","service","state":"executed|failed","reason","ts"}; reason "timeout" when
/// the platform gave up on a silent vehicle.
struct event {
    std::string id;
    std::string service;
    std::string state;
    std::string reason;
    std::int64_t ts_ms = 0;
};

/// The vehicle's own state, retained: {"state":"online|offline|asleep"}; asleep: with "wake":"udp|sms", how to wake it.
struct presence {
    std::string state;
    std::string wake{};
};

std::string to_json(const command&);
std::string to_json(const response&); ///< seq and vin only where they are told
std::string to_json(const event&);
std::string to_json(const presence&);

inline constexpr std::size_t payload_limit = 64 * 1024;

/// nullopt: not JSON, not an object, a required field (id; phase; state) missing, empty or null, or any known field of
/// another type. Unknown fields are ignored; an optional one that is absent or null keeps its default.
/// Hostile input is safe: over payload_limit bytes it is refused unread, and nesting is limited.
std::optional<command> read_command(std::string_view json);
std::optional<response> read_response(std::string_view json);
std::optional<event> read_event(std::string_view json);

/// What the event says became of its request; nullopt: a state that is no end.
std::optional<outcome> outcome_of(const event&);
std::optional<presence> read_presence(std::string_view json);

} // namespace loadsim::contract
