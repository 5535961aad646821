// cost: unit prices, or the name of an example.
#include "example_prices.hpp"

#include "embedded_data.hpp"
#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "yaml.hpp"

#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {
namespace {

using measure::price_list;
using measure::price_unit;
using measure::unit_price;

constexpr std::size_t max_prices = 50;
constexpr std::uint64_t largest_message_step = 268'435'456; // more than MQTT's largest packet has

/// One of the units is there.
struct unit_price_keys {
    std::string name;
    std::array<std::optional<double>, enum_names<price_unit>.size()> units{};
};

struct price_unit_key {
    std::string_view key;
    std::string_view documentation;
};
/// By price_unit.
constexpr std::array<price_unit_key, enum_names<price_unit>.size()> price_unit_keys{{
    {"perRequest", "Price of a request of the load that was sent to the platform."},
    {"perMessageUp", "Price of a message of a vehicle, once for each started messageStep."},
    {"perMessageDown", "Price of a message to a vehicle, once for each started messageStep."},
    {"perConnectionMinute", "Price of a minute of one session of a vehicle."},
    {"perGB", "Price of 1,000,000,000 bytes of MQTT packets, in both directions."},
    {"perGBUp", "Price of 1,000,000,000 bytes of MQTT packets of the vehicles."},
    {"perGBDown", "Price of 1,000,000,000 bytes of MQTT packets to the vehicles."},
    {"perHour", "Price of an hour of the run, such as that of the platform's machines."},
}};

template <class V>
void describe(V& v, unit_price_keys& k) {
    v.required("name", k.name, "Name in reports.", value_types::name_text{});
    for (std::size_t i = 0; i < k.units.size(); ++i)
        v.field(price_unit_keys[i].key, k.units[i], price_unit_keys[i].documentation, value_types::number{});
}

struct one_unit_price {
    void read(read_context& r, const yaml_node& n, unit_price& out) const {
        unit_price_keys keys;
        const auto problems_before = r.located_problems().size();
        value_types::object<unit_price_keys>{}.read(r, n, keys);
        if (r.located_problems().size() != problems_before) return;
        const auto given = std::ranges::count_if(keys.units, [](const auto& unit) { return unit.has_value(); });
        if (given != 1)
            return r.add_problem(n, fmt::format("a price has exactly one unit, and this has {}: write one of {}",
                                                given == 0 ? "none" : "several", unit_names()));
        out.name = keys.name;
        for (std::size_t i = 0; i < keys.units.size(); ++i)
            if (keys.units[i]) {
                out.unit = static_cast<price_unit>(i);
                out.price = *keys.units[i];
            }
    }
    yaml_node write(const unit_price& p) const {
        unit_price_keys keys{.name = p.name};
        keys.units[static_cast<std::size_t>(p.unit)] = p.price;
        return value_types::object<unit_price_keys>{}.write(keys);
    }
    boost::json::object schema() const { return value_types::object<unit_price_keys>{}.schema(); }

private:
    static std::string unit_names() {
        std::string names;
        for (const auto& [key, documentation] : price_unit_keys)
            names += fmt::format("{}{}", names.empty() ? "" : ", ", key);
        return names;
    }
};

/// ISO 4217: three capital letters.
struct currency_code {
    void read(read_context& r, const yaml_node& n, std::string& out) const {
        value_types::text{}.read(r, n, out);
        if (n.what != yaml_node::kind::scalar) return;
        const bool is_code = out.size() == 3 && std::ranges::all_of(out, [](char c) { return c >= 'A' && c <= 'Z'; });
        if (!is_code)
            r.add_problem(n, fmt::format("'{}' is no currency; write its three letters, such as USD or EUR", out));
    }
    yaml_node write(const std::string& value) const { return value_types::text{}.write(value); }
    boost::json::object schema() const { return {{"type", "string"}, {"pattern", "^[A-Z]{3}$"}}; }
};

/// At least one byte.
struct message_step_size {
    void read(read_context& r, const yaml_node& n, std::uint64_t& out) const {
        value_types::data_size{}.read(r, n, out);
        if (n.what == yaml_node::kind::scalar && (out == 0 || out > largest_message_step))
            r.add_problem(n, fmt::format("'{}' is no step of messages; write one from 1 byte to {}, such as 5kB",
                                         n.text, largest_message_step));
    }
    yaml_node write(std::uint64_t value) const { return value_types::data_size{}.write(value); }
    boost::json::object schema() const { return value_types::data_size{}.schema(); }
};

struct cost_keys {
    std::optional<std::string> currency;
    std::optional<std::vector<unit_price>> prices;
    std::optional<std::uint64_t> message_step;
    std::optional<std::string> example;
    std::optional<std::uint64_t> fleet;
};

template <class V>
void describe(V& v, cost_keys& k) {
    v.field("currency", k.currency, "Currency of the prices: three letters. With prices it is required.",
            currency_code{});
    v.field("prices", k.prices, "Unit prices, each with one unit.",
            value_types::list<one_unit_price>{{}, "prices", max_prices});
    v.field("messageStep", k.message_step,
            "Bytes of topic and payload that a platform bills as one message; left out: 5kB.", message_step_size{});
    v.field("example", k.example,
            "In place of currency, prices and messageStep: prices that come with loadsim, as an example of one date "
            "that is not maintained: aws-iot-core-2026.",
            value_types::text{});
    v.field("fleet", k.fleet, "Vehicles to which the cost of a month is extrapolated; left out: it is not.",
            value_types::integer<std::uint64_t>{1, 1'000'000'000'000});
}

struct example_keys {
    std::string description;
    cost_keys cost;
};

template <class V>
void describe(V& v, example_keys& k) {
    v.required("description", k.description, "Of what, where, and their date.", value_types::text{});
    describe(v, k.cost);
}

price_list list_of(cost_keys&& keys) {
    price_list list;
    if (keys.currency) list.currency = std::move(*keys.currency);
    if (keys.prices) list.prices = std::move(*keys.prices);
    list.message_step = keys.message_step.value_or(list.message_step);
    list.fleet = keys.fleet.value_or(0);
    return list;
}

price_list parse_example(std::string name, std::string_view yaml) {
    read_context r;
    example_keys keys;
    if (const auto root = parse_yaml(yaml, 0, r)) value_types::object<example_keys>{}.read(r, *root, keys);
    assert(r.located_problems().empty());
    auto list = list_of(std::move(keys.cost));
    list.example = std::move(name);
    list.description = std::move(keys.description);
    return list;
}

void read_example(read_context& r, const yaml_node& n, const cost_keys& keys, price_list& out) {
    if (keys.currency || keys.prices || keys.message_step)
        return r.add_problem(n, "an example has its own currency, prices and messageStep; leave them out, or leave out "
                                "the example");
    std::vector<std::string_view> names;
    for (const auto& one : example_prices()) {
        names.emplace_back(one.example);
        if (one.example != *keys.example) continue;
        out = one;
        out.fleet = keys.fleet.value_or(0);
        return;
    }
    const auto* at = n.find("example");
    r.add_problem(at == nullptr ? n : *at, unknown_name("example of prices", *keys.example, names));
}

} // namespace

const std::vector<price_list>& example_prices() {
    static const std::vector<price_list> all{parse_example("aws-iot-core-2026", aws_iot_core_2026_yaml)};
    return all;
}

namespace value_types {

void cost::read(scenario::read_context& r, const yaml_node& n, price_list& out) const {
    cost_keys keys;
    const auto problems_before = r.located_problems().size();
    object<cost_keys>{}.read(r, n, keys);
    if (r.located_problems().size() != problems_before) return;
    if (keys.example) return read_example(r, n, keys, out);
    if (!keys.prices || keys.prices->empty())
        return r.add_problem(n, "has no prices; write some, such as prices: [{name: API, perRequest: 0.0000035}], or "
                                "example: aws-iot-core-2026");
    if (!keys.currency)
        return r.add_problem(n, "has prices without a currency; write it beside them, such as currency: USD");
    for (auto one = keys.prices->begin(); one != keys.prices->end(); ++one)
        if (std::find_if(keys.prices->begin(), one, [&](const auto& other) { return other.name == one->name; }) != one)
            return r.add_problem(n, fmt::format("the price '{}' is there twice; give each its own name", one->name));
    out = list_of(std::move(keys));
}

yaml_node cost::write(const price_list& list) const {
    cost_keys keys;
    if (list.example.empty()) {
        keys.currency = list.currency;
        keys.prices = list.prices;
        keys.message_step = list.message_step;
    } else {
        keys.example = list.example;
    }
    if (list.fleet != 0) keys.fleet = list.fleet;
    return object<cost_keys>{}.write(keys);
}

json::object cost::schema() const { return object<cost_keys>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
