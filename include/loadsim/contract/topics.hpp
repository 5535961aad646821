// Topic names and filters of loadsim's own contract (domain: proposed defaults). No other file contains these names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loadsim::contract {

std::string command_topic(std::string_view vin, std::string_view service);  ///< v1/{vin}/cmd/{service}
std::string command_filter(std::string_view vin);                           ///< v1/{vin}/cmd/#
std::string response_topic(std::string_view vin, std::string_view request); ///< v1/{vin}/rsp/{request}
std::string_view response_filter();                                         ///< v1/+/rsp/+
std::string event_topic(std::string_view vin);                              ///< v1/{vin}/evt
std::string_view event_filter();                                            ///< v1/+/evt
std::string presence_topic(std::string_view vin);                           ///< v1/{vin}/state, retained
std::string_view presence_filter();                                         ///< v1/+/state

/// The {vin} level of any topic above, as a view into `topic`; nullopt: a topic filter, or not a topic of this contract.
std::optional<std::string_view> vin_of(std::string_view topic);

} // namespace loadsim::contract
