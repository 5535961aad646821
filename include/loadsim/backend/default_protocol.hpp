// The backend's own MQTT topics and JSON payloads: names, serialization and parsing. The built-in message contract of the
// vehicles has the same ones.
#pragma once

#include <loadsim/base/outcome.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::backend {

std::string command_topic(std::string_view vin, std::string_view service);  ///< v1/{vin}/cmd/{service}
std::string response_topic(std::string_view vin, std::string_view request); ///< v1/{vin}/rsp/{request}
std::string_view response_filter();                                         ///< v1/+/rsp/+
std::string event_topic(std::string_view vin);                              ///< v1/{vin}/evt
std::string presence_topic(std::string_view vin);                           ///< v1/{vin}/state, retained
std::string_view presence_filter();                                         ///< v1/+/state

/// The {vin} level of any topic above, as a view into `topic`; nullopt: a topic filter, or not a topic of this protocol.
std::optional<std::string_view> vin_of(std::string_view topic);

/// Platform to vehicle: {"id","service","ts"}; ts in ms since the epoch.
struct command {
    std::string id;
    std::string service;
    std::int64_t ts_ms = 0;
};

/// Vehicle to platform: {"id","phase":"ack|running|final","ok","code","ts","sent","seq"}; "vin" is optional.
struct response {
    enum class phase_kind : std::uint8_t { ack, running, final };
    std::string id;
    response::phase_kind phase = phase_kind::ack;
    bool ok = true;
    std::string code;         ///< failure code, such as "door_open"; empty when ok
    std::int64_t ts_ms = 0;   ///< by the vehicle's clock
    std::int64_t sent_us = 0; ///< by the generator's steady clock, for latency measurement
    std::int64_t seq = 0;     ///< sequence number of the vehicle from 1; 0: absent
    std::string vin{}; ///< must match the VIN in the topic if present; a response that does not match is rejected
};

/// Platform to subscribers: {"id","service","state":"executed|failed","reason","ts"}; reason "timeout":
/// the vehicle did not respond in time.
struct event {
    std::string id;
    std::string service;
    std::string state;
    std::string reason;
    std::int64_t ts_ms = 0;
};

/// Presence of a vehicle, retained: {"state":"online|offline|asleep"}; asleep: with "wake":"udp|sms", the wake-up bearer.
struct presence {
    std::string state;
    std::string wake{};
};

std::string to_json(const command&);
std::string to_json(const event&);

/// nullopt: not JSON, not an object, a required field (id; phase; state) missing, empty or null, or a known field with a
/// wrong type. Unknown fields are ignored; an optional field that is absent or null keeps its default.
/// Safe for untrusted input: more than contract::payload_limit bytes are rejected without parsing; nesting depth is limited.
std::optional<response> read_response(std::string_view json);
std::optional<event> read_event(std::string_view json);
std::optional<presence> read_presence(std::string_view json);

/// Outcome of the request by its event; nullopt: the state is not final.
std::optional<outcome> outcome_of(const event&);

} // namespace loadsim::backend
