// Payloads of the platform's contract (domain: proposed defaults): JSON, rendered and read.
#pragma once

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

/// Vehicle to platform: {"id","phase":"ack|running|final","ok","code","ts","sent"}.
struct response {
    enum class phase : std::uint8_t { ack, running, final };
    std::string id;
    response::phase at = phase::ack;
    bool ok = true;
    std::string code;         ///< why not, such as "door_open"; empty when ok
    std::int64_t ts_ms = 0;   ///< the car's clock
    std::int64_t sent_us = 0; ///< the generator's steady clock, for measuring
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

std::string to_json(const command&);
std::string to_json(const response&);
std::string to_json(const event&);

inline constexpr std::size_t payload_limit = 64 * 1024;

/// nullopt: not JSON, not an object, a required field (id; phase; state) missing, empty or null, or any known field of
/// another type. Unknown fields are ignored; an optional one that is absent or null keeps its default.
/// Hostile input is safe: over payload_limit bytes it is refused unread, and nesting is limited.
std::optional<command> read_command(std::string_view json);
std::optional<response> read_response(std::string_view json);
std::optional<event> read_event(std::string_view json);

} // namespace loadsim::contract
