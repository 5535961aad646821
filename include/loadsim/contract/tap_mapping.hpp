// Tap mapping: records of a bus behind the platform to the messages of vehicles in them.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/field_path.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// Field paths. `header:NAME` is a header of the record, `topic[0]` its topic.
struct tap_mapping_options {
    /// Place of the vehicle: `key`, `key/pointer` for a key in JSON, or a path in the record's value.
    std::string key = "key";
    /// The vehicle's payload in the record's value, such as /payload of EMQX's envelope; empty: the value itself.
    std::string payload{};
    std::string sequence = "/seq"; ///< a pointer is one into the vehicle's payload
    std::string vehicle{};         ///< likewise; what `key` is compared with; empty: not compared
    std::string telemetry_group{}; ///< its name or MQTT topic; a pointer is one into the record's value
    friend bool operator==(const tap_mapping_options&, const tap_mapping_options&) = default;
};

/// A telemetry group of the scenario.
struct tap_group {
    std::string name;
    std::string filter; ///< MQTT topic filter that matches the topics of its messages
};

/// A record of the bus.
struct record_view {
    std::string_view topic{};
    std::string_view key{};
    std::string_view value{};
    std::function<std::string_view(std::string_view name)>
        header{}; ///< empty text: absent. Empty function: there are none
};

/// Content of a record: the message in it, and its vehicle.
struct tapped_message {
    std::string key_vehicle;                 ///< empty: absent
    std::string payload_vehicle;             ///< empty: absent, or not configured
    std::optional<std::uint64_t> sequence{}; ///< nullopt: absent, or no number
    std::optional<std::uint32_t> group{};    ///< index; nullopt: none of the tap's groups
    std::uint64_t payload_hash = 0;          ///< content_hash() of the vehicle's payload; 0: there is none
    friend bool operator==(const tapped_message&, const tapped_message&) = default;
};

/// Threads: const, any. Safe for untrusted input, as message_parser.
class tap_mapping {
public:
    /// `option`: path of the tap in the scenario, for problems. Several groups need a path of the group.
    static result<tap_mapping> compile(const tap_mapping_options&, std::vector<tap_group>, const std::string& option);
    tapped_message read(const record_view&) const;

private:
    enum class key_place : std::uint8_t { text, json, value };
    std::optional<std::uint32_t> group_of(std::string_view text) const;

    key_place key_place_ = key_place::text;
    field_path key_, payload_, sequence_, vehicle_, group_;
    std::vector<tap_group> groups_;
};

} // namespace loadsim::contract
