// Template variables, the symbols available to a template and the values for rendering.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim {
class random_stream;
}

namespace loadsim::contract {

/// Built-in template variables.
enum class variable : std::uint8_t {
    vin,        ///< of the vehicle
    index,      ///< of the vehicle, from 0
    segment,    ///< name of the vehicle's segment
    request_id, ///< request.id
    service,
    arrival,        ///< number of the request in the schedule; retries keep it
    code,           ///< failure code, such as "door_open"
    state,          ///< of presence: online, offline, asleep
    wake,           ///< wake-up bearer: udp, sms; empty: the vehicle does not sleep
    phase,          ///< ack, running, executed, failed
    ok,             ///< true or false
    seq,            ///< sequence number of the vehicle's response; 0: absent
    claimed_vin,    ///< claimed.vin: VIN of another vehicle, in a response that the platform must reject
    now_ms,         ///< now:ms
    now_s,          ///< now:s
    now_us,         ///< now:us
    now_iso,        ///< now:iso, 2026-01-31T23:59:59.123Z
    sent_us,        ///< sent:us, the generator's steady clock
    webhook_url,    ///< webhook.url
    broker_api_url, ///< brokerApi.url
};

inline constexpr std::array<std::string_view, 20> variable_names{
    "vin",   "index",  "segment", "request.id", "service",     "arrival",      "code",
    "state", "wake",   "phase",   "ok",         "seq",         "claimed.vin",  "now:ms",
    "now:s", "now:us", "now:iso", "sent:us",    "webhook.url", "brokerApi.url"};
static_assert(variable_names.size() == static_cast<std::size_t>(variable::broker_api_url) + 1);

using variable_set = std::uint32_t; ///< bits by variable
constexpr variable_set bit(variable v) { return 1U << static_cast<unsigned>(v); }

/// Values of a vehicle's signals at one instant, by their index in template_symbols::signals.
class signal_source {
public:
    virtual ~signal_source() = default;
    /// Appends the value: a number without an exponent, true, false, or any other text. Nothing: the signal has no value.
    virtual void append(std::uint32_t signal, std::string& out) const = 0;
};

/// Symbols available to a template: built-in variables of its scope, and names defined by the scenario.
struct template_symbols {
    variable_set variables = 0;
    std::span<const std::string> data{};       ///< columns of fleet.data: {data.COLUMN}
    std::span<const std::string> segment{};    ///< {segment.NAME}
    std::span<const std::string> parameters{}; ///< {parameter.NAME}; an empty name: not available
    std::span<const std::string> captured{};   ///< {captured.NAME}
    std::span<const std::string> signals{};    ///< {signal.NAME}; names have letters, digits, dots and underscores
    bool command = false;                      ///< {command:/POINTER}
    bool random = false;                       ///< {random:...}
};

/// Values for rendering: views into the caller's data; unset values are empty. `random`: required by templates with
/// {random:...}; otherwise may be null.
struct template_values {
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
    std::int64_t now_us = 0; ///< since 1970; in vehicle messages by the vehicle's clock
    std::int64_t sent_us = 0;
    std::string_view webhook_url{};
    std::string_view broker_api_url{};
    std::span<const std::string> data{};              ///< of the vehicle, in the order of template_symbols::data
    std::span<const std::string> segment_variables{}; ///< in the order of template_symbols::segment
    std::span<const std::string> parameters{};        ///< in the order of template_symbols::parameters
    std::span<const std::string> captured{};          ///< in the order of template_symbols::captured
    std::span<const std::string> command{};           ///< in the order of message_contract::command_pointers()
    const signal_source* signals = nullptr;           ///< null: no signal has a value
    random_stream* random = nullptr;
};

} // namespace loadsim::contract
