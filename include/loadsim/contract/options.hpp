// Options of the message contract: topics, payloads and field paths of a platform, as configured in a scenario.
// The defaults are loadsim's own contract (docs/contract.md).
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/program_options.hpp>
#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::contract {

using named_texts = std::vector<std::pair<std::string, std::string>>;

/// Payload template and its format.
struct payload_options {
    enum class payload_format : std::uint8_t {
        text,   ///< sent unchanged; treated as JSON when it begins with { or [
        json,   ///< values between quotes are escaped; the template is checked to be JSON
        hex,    ///< two hex digits per byte
        base64, ///< RFC 4648
        file,   ///< content of the file, unchanged
        plain,  ///< sent unchanged, never treated as JSON
        exec,   ///< of `program`, which is asked for each message; of telemetry only
    };
    std::string text; ///< a template; for `file`, a path
    payload_format format = payload_format::text;
    std::optional<program_options> program{};
    friend bool operator==(const payload_options&, const payload_options&) = default;
};

/// Protocol Buffers message, by its descriptor.
struct protobuf_options {
    std::string descriptor; ///< path of a FileDescriptorSet, with all imports
    std::string message;    ///< full name of its type, "acme.telemetry.Position"
    /// Values by the path of their field: "speed", "position.latitude", "tyres[0].pressure"; an index for each element of a list.
    std::vector<std::pair<std::string, payload_options>> fields{};
    friend bool operator==(const protobuf_options&, const protobuf_options&) = default;
};

/// Message that loadsim sends. All strings are templates. The payload is one of `payload`, `vss` and `protobuf`.
struct message_options {
    std::string topic;
    payload_options payload{};
    std::optional<std::vector<std::string>> vss{}; ///< names of signals: {"vin","ts","seq","signals":{NAME: value}}
    std::optional<protobuf_options> protobuf{};
    std::optional<std::uint8_t> qos{}; ///< empty: QoS of the fleet options
    bool retain = false;
    // MQTT 5.0 (3.3.2.3); empty: absent.
    std::string response_topic{};
    std::string correlation_data{}; ///< empty: a response returns the correlation data of its command
    std::string content_type{};
    std::chrono::seconds expiry{0};
    named_texts user_properties{};
    bool none = false; ///< of ack, running and presence: the platform has no such message, and none is sent
    friend bool operator==(const message_options&, const message_options&) = default;
};

/// Command to a vehicle: outgoing message, and field paths for parsing it.
struct command_options {
    message_options message{.topic = "v1/{vin}/cmd/{service}",
                            .payload = {.text = R"({"id":"{request.id}","service":"{service}","ts":{now:ms}})"}};
    std::string filter = "v1/{vin}/cmd/#"; ///< subscription of the vehicle
    std::string id = "/id";                ///< field paths: see field_path.hpp
    std::string service = "/service";      ///< empty: not in the message
    named_texts parameters{};              ///< name -> field path
    friend bool operator==(const command_options&, const command_options&) = default;
};

/// Field paths that map a message to an event of a request, and the outcome of each state.
struct event_mapping_options {
    std::string batch_path{}; ///< field path of a list of messages (batch); empty: the message is not a batch
    std::string id = "/id";
    std::string vin = "topic[1]";     ///< empty: not in the message
    std::vector<std::string> state{}; ///< field paths; their values are joined by a blank
    std::string reason = "/reason";   ///< empty: not in the message
    std::string sequence{};           ///< sequence number of vehicle responses; empty: not in the message
    /// States of each outcome. A trailing '*' makes a state a prefix. Exact match first, then the longest prefix.
    std::vector<std::pair<outcome, std::vector<std::string>>> outcomes{};
    friend bool operator==(const event_mapping_options&, const event_mapping_options&) = default;
};

/// Default mapping of the platform's completion events.
inline event_mapping_options default_event_mapping() {
    return {.state = {"/state", "/reason"},
            .outcomes = {{outcome::executed, {"executed*"}},
                         {outcome::timed_out, {"failed timeout"}},
                         {outcome::failed, {"failed*"}}}};
}

/// Default mapping of vehicle responses.
inline event_mapping_options default_response_mapping() {
    return {.state = {"/phase", "/ok"},
            .reason = "/code",
            .sequence = "/seq",
            .outcomes = {{outcome::executed, {"final true"}}, {outcome::failed, {"final false"}}}};
}

/// Request to the platform's API, and the meaning of the HTTP status.
struct request_options {
    std::string method = "POST";
    std::string path = "/vehicles/{vin}/remote-services/{service}"; ///< appended to the API's base path
    named_texts headers{};
    payload_options body{};
    std::vector<std::uint16_t> accepted{202};
    std::vector<std::uint16_t> rejected{409};
    std::string id = "/id"; ///< field path in the HTTP response; of header:Location the last segment of its path
    /// Requested values: name in command_options::parameters -> field path in the request.
    named_texts parameters{};
    friend bool operator==(const request_options&, const request_options&) = default;
};

/// Differences of one service from the contract's request and command. Empty: as in the contract.
struct service_options {
    std::string as{}; ///< the platform's name of the service: value of {service}, and of the service in commands
    std::optional<std::string> method{}, path{};
    named_texts headers{}; ///< in addition; of the same name: instead
    std::optional<payload_options> body{};
    std::optional<std::vector<std::uint16_t>> accepted{}, rejected{};
    std::optional<std::string> id{};
    std::optional<std::string> topic{}; ///< this and `payload`: of the command that the mqtt driver sends
    std::optional<payload_options> payload{};
    friend bool operator==(const service_options&, const service_options&) = default;

    bool changes_request() const { return method || path || !headers.empty() || body || accepted || rejected || id; }
    bool changes_command() const { return topic || payload; }
};

/// A service as the contract needs it.
struct named_service {
    std::string name; ///< in load.services
    service_options options{};
    std::vector<std::string> parameters{}; ///< names of those in scenario_symbols::parameters that it has
};

/// Time-outs of the platform for vehicles that do not respond; reference for `expiry`.
struct deadline_options {
    nanoseconds pending{0}; ///< since the request was sent
    nanoseconds running{0}; ///< since the vehicle's first response
    friend bool operator==(const deadline_options&, const deadline_options&) = default;
};

namespace defaults {
inline message_options response_message(const char* phase, const char* ok) {
    return {.topic = "v1/{vin}/rsp/{request.id}",
            .payload = {.text = std::string(R"({"id":"{request.id}","phase":")") + phase + R"(","ok":)" + ok +
                                R"(,"code":"{code}","ts":{now:ms},"sent":{sent:us})" +
                                R"({#seq},"seq":{seq}{/seq}{#claimed.vin},"vin":"{claimed.vin}"{/claimed.vin}})"}};
}
} // namespace defaults

struct options {
    request_options request;
    command_options command;
    // Vehicle responses.
    message_options ack = defaults::response_message("ack", "true");
    message_options running = defaults::response_message("running", "true");
    message_options executed = defaults::response_message("final", "true");
    message_options failed = defaults::response_message("final", "false");
    bool use_response_topic = true; ///< the command's response topic (MQTT 5) overrides the topic of the responses
    std::string responses_filter = "v1/+/rsp/+";
    event_mapping_options responses =
        default_response_mapping(); ///< used by the mqtt driver, by load.checkResponseSequence and by the probe
    message_options presence{.topic = "v1/{vin}/state",
                             .payload = {.text = R"({"state":"{state}"{#wake},"wake":"{wake}"{/wake}})"},
                             .retain = true};
    std::optional<deadline_options> deadlines{}; ///< of an external platform; empty: unknown
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::contract
