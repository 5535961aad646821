// Payloads of the platform's contract (domain: proposed defaults): JSON, rendered and read.
#pragma once

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
    std::string code;          ///< why not, such as "door_open"; empty when ok
    std::int64_t ts_ms = 0;    ///< the car's clock
    std::int64_t sent_us = 0;  ///< the generator's steady clock, for measuring
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

/// nullopt: not JSON, not an object, or a required field (id; phase; state) missing or of another type.
/// Unknown fields are ignored. A payload over 64 KiB is refused unread.
std::optional<command> read_command(std::string_view json);
std::optional<response> read_response(std::string_view json);
std::optional<event> read_event(std::string_view json);

} // namespace loadsim::contract
