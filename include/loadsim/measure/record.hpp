// What is written down of single requests, anomalies and sessions, for people who look for the one strange case.
#pragma once

#include <loadsim/base/anomaly.hpp>
#include <loadsim/base/outcome.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::measure {

/// How much of a payload is written down; what is cut off is told by `bytes`.
inline constexpr std::size_t payload_shown = 1024;

/// A message of a request, as its vehicle saw it.
struct message_record {
    double at_ms = 0; ///< since the load's start
    bool to_vehicle = false;
    std::string topic;
    std::string payload; ///< the first payload_shown bytes; bytes that are no text as "\\xNN"
    std::uint64_t bytes = 0;
    friend bool operator==(const message_record&, const message_record&) = default;
};

/// A request as requests.jsonl tells it. Instants in ms since the load's start; NaN = never.
struct request_record {
    std::uint64_t arrival = 0;
    std::string request; ///< the platform's id; empty when it gave none
    std::string vin;
    std::string segment, behaviour, service, phase;
    outcome_set expected;
    outcome observed{};
    bool unexpected = false;
    std::string why;
    double due_ms = 0, sent_ms = 0, accepted_ms = 0, delivered_ms = 0, acked_ms = 0, finished_ms = 0, observed_ms = 0;
    std::vector<message_record> messages;
    std::vector<std::string> conditions; ///< that touched it, by name
    std::vector<std::string> anomalies;  ///< of it until it was told, by name
};

/// One anomaly, with what shows it.
struct anomaly_record {
    anomaly what{};
    bool provoked = false; ///< the behaviour or a condition means to bring it about
    double at_ms = 0;
    std::string vin;     ///< empty: of no vehicle of ours
    std::string request; ///< the platform's id, if there is one
    std::string evidence; ///< a sentence
};

/// Something that happened to a vehicle's session.
struct session_record {
    double at_ms = 0;
    std::string vin;
    std::string what; ///< "on line, session present", "off line: ...", "tunnel begins"
};

} // namespace loadsim::measure
