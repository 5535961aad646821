// What a template can speak of, and what it finds there when it is rendered.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim {
class draws;
}

namespace loadsim::contract {

/// Variables that have one name for everybody.
enum class variable : std::uint8_t {
    vin,        ///< of the vehicle
    index,      ///< of the vehicle, from 0
    segment,    ///< its segment's name
    request_id, ///< request.id
    service,
    arrival,        ///< number of the request in the plan: the same in each try
    code,           ///< why it failed, such as "door_open"
    state,          ///< of presence: online, offline, asleep
    wake,           ///< how to wake it: udp, sms; empty: it does not sleep
    phase,          ///< ack, running, executed, failed
    ok,             ///< true or false
    seq,            ///< number of the vehicle's word; 0: not told
    claimed_vin,    ///< claimed.vin: another vehicle's, in a word that is to be refused
    now_ms,         ///< now:ms
    now_s,          ///< now:s
    now_us,         ///< now:us
    now_iso,        ///< now:iso, 2026-01-31T23:59:59.123Z
    sent_us,        ///< sent:us, the generator's steady clock
    webhook_url,    ///< webhook.url
    broker_api_url, ///< brokerApi.url
};

using variable_set = std::uint32_t; ///< bits by variable
constexpr variable_set bit(variable v) { return 1U << static_cast<unsigned>(v); }

/// What a template may name: the variables that its place has, and the names that the scenario gives.
struct names {
    variable_set variables = 0;
    std::span<const std::string> data{};       ///< columns of fleet.data: {data.COLUMN}
    std::span<const std::string> segment{};    ///< {segment.NAME}
    std::span<const std::string> parameters{}; ///< {parameter.NAME}, of contract.command.parameters
    std::span<const std::string> captured{};   ///< {captured.NAME}
    bool command = false;                      ///< {command:/POINTER}
    bool random = false;                       ///< {random:...}
};

/// What it finds. Views into what the caller keeps; what is not set is empty. `draw`: for {random:...}; null: such a
/// template must not be rendered with it.
struct values {
    std::string_view vin{};
    std::uint32_t index = 0;
    std::string_view segment{};
    std::string_view request_id{};
    std::string_view service{};
    std::uint64_t arrival = 0;
    std::string_view code{};
    std::string_view state{};
    std::string_view wake{};
    std::string_view phase{};
    bool ok = true;
    std::int64_t seq = 0;
    std::string_view claimed_vin{};
    std::int64_t now_us = 0; ///< since 1970; the car's clock where a car speaks
    std::int64_t sent_us = 0;
    std::string_view webhook_url{};
    std::string_view broker_api_url{};
    std::span<const std::string> data{};              ///< of the vehicle, by names::data
    std::span<const std::string> segment_variables{}; ///< by names::segment
    std::span<const std::string> parameters{};        ///< by names::parameters
    std::span<const std::string> captured{};          ///< by names::captured
    std::span<const std::string> command{};           ///< by the pointers that terms::command_pointers() lists
    draws* draw = nullptr;
};

} // namespace loadsim::contract
