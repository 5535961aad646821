// Cost of a run: unit prices of a platform, what a run used of it, and what that costs.
#pragma once

#include <loadsim/base/enum_names.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::measure {

/// Unit of a price. "up": from the vehicles.
enum class price_unit : std::uint8_t {
    request,      ///< of the load, sent to the platform
    message_up,   ///< MQTT application message, once for each started price_list::message_step of topic and payload
    message_down, ///< the same
    connection_minute,
    gigabyte, ///< 1e9 bytes of MQTT packets, in both directions
    gigabyte_up,
    gigabyte_down,
    hour, ///< of the run
};
BOOST_DESCRIBE_ENUM(price_unit, request, message_up, message_down, connection_minute, gigabyte, gigabyte_up,
                    gigabyte_down, hour)
constexpr std::string_view to_string(price_unit u) { return enum_name(u); }

struct unit_price {
    std::string name;
    price_unit unit{};
    double price = 0;
    friend bool operator==(const unit_price&, const unit_price&) = default;
};

struct price_list {
    std::string currency;      ///< ISO 4217: "USD"
    std::string example{};     ///< name of the shipped prices; empty: prices of the scenario's own
    std::string description{}; ///< of the shipped prices: of what, where, and their date
    std::vector<unit_price> prices{};
    std::uint64_t message_step = 5'000; ///< bytes of topic and payload that count as one message
    std::uint64_t fleet = 0;            ///< vehicles to extrapolate to; 0: none
    friend bool operator==(const price_list&, const price_list&) = default;
};

/// Usage of a run, from its start to its end: connecting and drain included.
struct run_usage {
    std::uint64_t requests = 0; ///< sent
    std::uint64_t messages_up = 0, messages_down = 0;
    std::uint64_t bytes_up = 0, bytes_down = 0;
    double connection_seconds = 0; ///< sum over the sessions
    nanoseconds duration{0};
    std::uint64_t vehicles = 0;
};

/// One unit price, and what the run costs by it.
struct cost_item {
    std::string name;
    price_unit unit{};
    double quantity = 0; ///< in units
    double price = 0;
    double amount = 0; ///< quantity * price
    friend bool operator==(const cost_item&, const cost_item&) = default;
};

struct run_cost {
    std::string currency;
    std::string example{};     ///< as in price_list
    std::string description{}; ///< as in price_list
    std::vector<cost_item> items{};
    std::uint64_t requests = 0; ///< sent
    double vehicle_hours = 0;   ///< vehicles * hours of the run
    std::uint64_t fleet = 0;    ///< 0: not extrapolated

    double total() const;                            ///< sum of the items' amounts
    std::optional<double> per_1000_requests() const; ///< absent: no request was sent
    /// total / vehicle_hours * hours_per_month; absent: the run took no time.
    std::optional<double> per_vehicle_month() const;
    std::optional<double> fleet_month() const; ///< per_vehicle_month * fleet; absent: no fleet
    friend bool operator==(const run_cost&, const run_cost&) = default;
};

inline constexpr double hours_per_month = 30.4 * 24;

run_cost cost_of(const price_list&, const run_usage&);

/// Cost of two runs of one scenario together. nullopt: one of them has none, or they have other prices.
std::optional<run_cost> sum_of(const std::optional<run_cost>&, const std::optional<run_cost>&);

} // namespace loadsim::measure
