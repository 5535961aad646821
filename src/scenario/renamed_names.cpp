#include "renamed_names.hpp"

#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::scenario {
namespace {

struct renamed_name {
    std::string_view old_name;
    std::string_view present_name;
};

constexpr renamed_name renamed_names[] = {
    // Keys.
    {"words", "responses"},                   // contract
    {"answerWhereAsked", "useResponseTopic"}, // contract
    {"watchWords", "checkResponseSequence"},  // load
    {"unansweredAfter", "completionTimeout"}, // load
    {"connackWithin", "connectTimeout"},      // fleet.mqtt
    {"connectWithin", "fleetConnectTimeout"}, // fleet
    {"badness", "faults"},                    // fleet.brokerApi
    {"wake", "wakeup"},                       // fleet, target.embedded
    {"provokes", "expectAnomalies"},          // behaviours, conditions
    {"wokenBy", "bearer"},                    // behaviours: asleep
    {"awakeFor", "staysAwake"},               // behaviours: asleep
    // Values.
    {"word", "response"}, // target.embedded.faults
    // Metrics of budgets.
    {"queued.waited", "queued.wait"},
    {"recovery.back", "recovery.time"},
    {"campaigns.repeated", "campaigns.duplicates"},
    // Anomalies, in expectAnomalies and in budgets.
    {"command_repeated", "command_duplicated"},
    {"second_active", "concurrent_request"},
    {"command_unknown", "command_unsolicited"},
    {"word_lost", "response_lost"},
    {"word_repeated", "response_duplicated"},
    {"word_out_of_order", "response_out_of_order"},
    {"end_repeated", "completion_duplicated"},
    {"end_contradicted", "completion_contradicted"},
    {"end_unknown", "completion_unknown"},
    {"end_before_word", "completion_before_response"},
    {"no_end", "completion_missing"},
    {"let_in", "unauthorized_accepted"},
};

} // namespace

std::string_view present_name(std::string_view old_name, std::span<const std::string_view> known) {
    for (const auto& r : renamed_names)
        if (r.old_name == old_name && std::ranges::count(known, r.present_name) != 0) return r.present_name;
    return {};
}

std::string unknown_or_renamed(std::string_view what, std::string_view name, std::span<const std::string_view> known) {
    if (name == "presence" && std::ranges::count(known, std::string_view("clientId")) != 0) // fleet.mqtt
        return "'presence' belongs to the contract since 0.2: contract: {presence: none} switches it off";
    if (name == "telemetry" && std::ranges::count(known, std::string_view("presence")) != 0) // contract
        return "'telemetry' belongs to the fleet since 0.2: fleet.telemetry is a list of groups, each with a name, "
               "every, "
               "topic and payload";
    const auto present = present_name(name, known);
    if (present.empty()) return unknown_name(what, name, known);
    return fmt::format("'{}' is called '{}' since 0.2", name, present);
}

} // namespace loadsim::scenario
