// One row of the fault tables (*.yaml in this folder): what happens to a command of loadsim, and how it must end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace harness {

/// Answer of the API to a request.
struct api_reply {
    std::string status = "202 Accepted";
    std::string headers{};                 ///< further header lines, each with CR LF
    std::string body = R"({"id":"r@N@"})"; ///< @N@: number of the request on its route, from 0
    std::optional<std::string> raw{};      ///< all bytes, in place of the above
    std::size_t repeat = 0;                ///< that many times the last byte more
    bool silent = false;                   ///< nothing is sent
    bool close = false;                    ///< after the bytes
    bool announce = false;                 ///< streams are sent the event {"id":"r<N>","state":"executed"}
    std::string stream{};                  ///< `sse` or `websocket`: the connection becomes a stream
    std::chrono::milliseconds between_bytes{0};
};

/// Replies to requests by method and beginning of the path ("POST /login"); the last one of a list stays.
using api_routes = std::vector<std::pair<std::string, std::vector<api_reply>>>;

/// Treatment of the packets of the broker by a relay before it.
struct broker_fault {
    unsigned type = 0;        ///< packet type (MQTT 5.0, 2.1.2)
    std::string clients{};    ///< part of the client identifier; empty: all
    std::size_t nth = 0;      ///< that packet of this type in the session, from 1; 0: each
    std::size_t sessions = 0; ///< only the first so many sessions it applies to; 0: all
    std::string action =
        "before"; ///< `before` (the bytes), `replace` (by the bytes), `close`, `twice`, `hold` (all from here on)
    std::string bytes{};
};

struct fault_action {
    std::string
        at{}; ///< stage of the run, start of a request that the API has received, or `says TEXT` (standard output); empty: at once
    std::chrono::milliseconds after{0}; ///< later than that
    std::string what{};                 ///< `signal`, `broker`, `remove`, `kill_rank`, `takeover` or `send`
    std::string value{};
};

struct fault_row {
    std::string table, name;
    // The fault.
    std::string scenario{}; ///< text; empty: the scenario of all rows, quick.yaml
    std::vector<std::string> settings{};
    std::vector<std::string> command{};         ///< in place of `run`
    std::map<std::string, std::string> files{}; ///< beside the scenario
    std::vector<std::pair<std::string, std::string>> environment{};
    std::vector<std::string> surroundings{}; ///< see surroundings.hpp
    std::optional<api_routes> api{};         ///< left out: the embedded backend
    std::string tls{}; ///< of the API: `valid`, `expired`, `other_host`, `unknown_ca`, `client_certificate`, `none`
    std::optional<std::string>
        broker{}; ///< lines of mosquitto's configuration; left out: the embedded broker, unless there is an API
    std::vector<broker_fault> broker_faults{};
    std::vector<std::pair<std::string, std::string>>
        retained{}; ///< topic and payload of retained messages at the broker
    std::vector<fault_action> actions{};
    // The required end.
    int exit_code = 0;
    std::vector<std::string> says{}; ///< parts of standard output or standard error
    std::vector<std::string> says_not{};
    std::string verdict{};                          ///< empty: there is no summary.json
    std::map<std::string, std::int64_t> outcomes{}; ///< all but those that are 0; empty: any
    std::map<std::string, std::int64_t> anomalies{};
    bool any_anomalies = false;
    std::map<std::string, std::string>
        fields{};         ///< JSON pointer in summary.json -> value, or `>= number`, `<= number`, `~ part`
    std::string reason{}; ///< part of the reason of each request that is not executed
    bool records = true;  ///< requests.jsonl has each request once
    std::chrono::seconds within{40};
};

/// Reads all tables. Errors: std::runtime_error with file and line, also for unknown keys and names that are not unique.
std::vector<fault_row> read_fault_tables(const std::string& folder);

} // namespace harness
