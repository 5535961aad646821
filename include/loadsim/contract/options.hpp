// What a platform speaks, as a scenario says it: topics, payloads, and where a message says what. The defaults are loadsim's own
// contract (domain: proposed defaults).
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::contract {

using named_texts = std::vector<std::pair<std::string, std::string>>;

/// How a template's text becomes a payload.
struct payload_options {
    enum class form : std::uint8_t {
        text,   ///< as it is; what begins with { or [ is JSON
        json,   ///< what stands between quotes is escaped, and the whole is checked
        hex,    ///< bytes, two digits each
        base64, ///< bytes (RFC 4648)
        file,   ///< the bytes of that file, as they are
        plain,  ///< as it is, whatever it begins with
    };
    std::string text; ///< a template; of `file` a path
    form as = form::text;
    friend bool operator==(const payload_options&, const payload_options&) = default;
};

/// A message that loadsim sends. All texts are templates.
struct message_options {
    std::string topic;
    payload_options payload;
    std::optional<std::uint8_t> qos{}; ///< empty: that of the fleet's options
    bool retain = false;
    // MQTT 5.0 (3.3.2.3); empty: absent.
    std::string response_topic{};
    std::string correlation_data{}; ///< empty: the command's own, handed back
    std::string content_type{};
    std::chrono::seconds expiry{0};
    named_texts user_properties{};
    friend bool operator==(const message_options&, const message_options&) = default;
};

/// A command to a vehicle: how it is sent, and where its reader finds what.
struct command_options {
    message_options sent{.topic = "v1/{vin}/cmd/{service}",
                         .payload = {.text = R"({"id":"{request.id}","service":"{service}","ts":{now:ms}})"}};
    std::string filter = "v1/{vin}/cmd/#"; ///< what a vehicle subscribes to
    std::string id = "/id";                ///< sources: see source.hpp
    std::string service = "/service";      ///< empty: it is not said
    named_texts parameters{};              ///< name -> source
    friend bool operator==(const command_options&, const command_options&) = default;
};

/// Where a message says which request it is of, and what it makes of it.
struct reading_options {
    std::string each{}; ///< where a list of messages is in it; empty: it is one message. Sources, as all that follow
    std::string id = "/id";
    std::string vin = "topic[1]";     ///< empty: it is not said
    std::vector<std::string> state{}; ///< their texts, joined by a blank
    std::string reason = "/reason";   ///< empty: it is not said
    std::string sequence{};           ///< of the vehicle's words; empty: it is not said
    /// What a state means: the text, or how it begins when it ends in '*'. An exact one wins, then the longest.
    std::vector<std::pair<outcome, std::vector<std::string>>> ends{};
    friend bool operator==(const reading_options&, const reading_options&) = default;
};

/// A final event of the platform.
inline reading_options event_reading() {
    return {.state = {"/state", "/reason"},
            .ends = {{outcome::executed, {"executed*"}},
                     {outcome::timed_out, {"failed timeout"}},
                     {outcome::failed, {"failed*"}}}};
}

/// A vehicle's word.
inline reading_options word_reading() {
    return {.state = {"/phase", "/ok"},
            .reason = "/code",
            .sequence = "/seq",
            .ends = {{outcome::executed, {"final true"}}, {outcome::failed, {"final false"}}}};
}

/// A request at the platform's API, and what its answer means.
struct request_options {
    std::string method = "POST";
    std::string path = "/vehicles/{vin}/remote-services/{service}"; ///< behind the API's own
    named_texts headers{};
    payload_options body{};
    std::vector<std::uint16_t> accepted{202};
    std::vector<std::uint16_t> rejected{409};
    std::string id = "/id"; ///< a source
    friend bool operator==(const request_options&, const request_options&) = default;
};

/// How long the platform waits for a silent vehicle: what `expiry` is measured from.
struct deadline_options {
    nanoseconds pending{0}; ///< since the request was sent
    nanoseconds running{0}; ///< since the vehicle's first word
    friend bool operator==(const deadline_options&, const deadline_options&) = default;
};

struct telemetry_options {
    message_options sent;
    nanoseconds every = std::chrono::seconds{30};
    friend bool operator==(const telemetry_options&, const telemetry_options&) = default;
};

namespace defaults {
inline message_options word(const char* phase, const char* ok) {
    return {.topic = "v1/{vin}/rsp/{request.id}",
            .payload = {.text = std::string(R"({"id":"{request.id}","phase":")") + phase + R"(","ok":)" + ok +
                                R"(,"code":"{code}","ts":{now:ms},"sent":{sent:us})" +
                                R"({#seq},"seq":{seq}{/seq}{#claimed.vin},"vin":"{claimed.vin}"{/claimed.vin}})"}};
}
} // namespace defaults

struct options {
    request_options request;
    command_options command;
    // A vehicle's words.
    message_options ack = defaults::word("ack", "true");
    message_options running = defaults::word("running", "true");
    message_options executed = defaults::word("final", "true");
    message_options failed = defaults::word("final", "false");
    bool answers_as_asked = true; ///< a command's response topic (MQTT 5) wins over the words' own topic
    std::string words_filter = "v1/+/rsp/+";
    reading_options words = word_reading(); ///< for who takes the platform's place, or listens in
    message_options presence{.topic = "v1/{vin}/state",
                             .payload = {.text = R"({"state":"{state}"{#wake},"wake":"{wake}"{/wake}})"},
                             .retain = true};
    std::optional<telemetry_options> telemetry{};
    std::optional<deadline_options> deadlines{}; ///< of a platform that is not ours; empty: nobody knows
    friend bool operator==(const options&, const options&) = default;
};

} // namespace loadsim::contract
