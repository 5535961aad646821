#include "cost_report.hpp"

#include "json_fields.hpp"
#include "text_format.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace loadsim::report {
namespace {

namespace json = boost::json;
using measure::cost_item;
using measure::run_cost;

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::value amount_or_null(const std::optional<double>& amount) {
    return amount ? json::value(*amount) : json::value(nullptr);
}

/// Not negative, four significant digits, never with an exponent: "0.00105", "12.5", "24,500,000".
std::string plain_number(double value) {
    constexpr int digits = 4;
    constexpr double first_whole = 1000; // from here on without decimals
    constexpr double most = 1e18;        // of an integer
    if (!(value > 0)) return "0";
    if (value >= most) return fmt::format("{:.4g}", value);
    if (value >= first_whole) return human_count(static_cast<std::uint64_t>(std::llround(value)));
    const auto before_point = static_cast<int>(std::floor(std::log10(value))) + 1;
    auto text = fmt::format("{:.{}f}", value, digits - before_point);
    if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

} // namespace

json::value cost_json(const std::optional<run_cost>& cost) {
    if (!cost) return nullptr;
    json::array items;
    for (const auto& item : cost->items)
        items.push_back(json::object{{"name", item.name},
                                     {"unit", to_string(item.unit)},
                                     {"quantity", item.quantity},
                                     {"price", item.price},
                                     {"amount", item.amount}});
    return json::object{{"currency", cost->currency},
                        {"example", text_or_null(cost->example)},
                        {"description", text_or_null(cost->description)},
                        {"items", std::move(items)},
                        {"total", cost->total()},
                        {"requests", cost->requests},
                        {"vehicle_hours", cost->vehicle_hours},
                        {"per_1000_requests", amount_or_null(cost->per_1000_requests())},
                        {"per_vehicle_month", amount_or_null(cost->per_vehicle_month())},
                        {"fleet", cost->fleet == 0 ? json::value(nullptr) : json::value(cost->fleet)},
                        {"fleet_month", amount_or_null(cost->fleet_month())}};
}

std::optional<run_cost> cost_of_json(const json::value& value) {
    if (!value.is_object()) return std::nullopt;
    const auto& fields = value.get_object();
    run_cost cost{.currency = text_at(fields, "currency"),
                  .example = text_at(fields, "example"),
                  .description = text_at(fields, "description")};
    for (const auto& one : array_at(fields, "items")) {
        const auto fields_of_item = as_object(one);
        cost_item item{.name = text_at(fields_of_item, "name")};
        if (const auto unit = parse_enum<measure::price_unit>(text_at(fields_of_item, "unit"))) item.unit = *unit;
        item.quantity = number_at(fields_of_item, "quantity");
        item.price = number_at(fields_of_item, "price");
        item.amount = number_at(fields_of_item, "amount");
        cost.items.push_back(std::move(item));
    }
    cost.requests = count_at(fields, "requests");
    cost.vehicle_hours = number_at(fields, "vehicle_hours");
    cost.fleet = count_at(fields, "fleet");
    return cost;
}

std::string price_unit_text(measure::price_unit unit) {
    constexpr std::array<std::string_view, enum_names<measure::price_unit>.size()> texts{
        "request", "message up", "message down", "connection-minute", "GB", "GB up", "GB down", "hour"};
    return std::string(texts[static_cast<std::size_t>(unit)]);
}

std::string money_text(double amount, const std::string& currency) {
    return fmt::format("{} {}", plain_number(amount), currency);
}

std::string quantity_text(double quantity) { return plain_number(quantity); }

std::string cost_text(const std::optional<run_cost>& cost, const summary_style& style) {
    if (!cost) return "";
    const auto& currency = cost->currency;
    auto text = fmt::format("\ncost      {}", money_text(cost->total(), currency));
    if (const auto each = cost->per_1000_requests())
        text += fmt::format(", {} per 1,000 requests", money_text(*each, currency));
    if (const auto each = cost->per_vehicle_month())
        text += fmt::format(", {} per vehicle and month at this load", money_text(*each, currency));
    text += '\n';
    if (const auto all = cost->fleet_month())
        text += fmt::format("    {} a month for {}\n", money_text(*all, currency),
                            count_of(cost->fleet, "vehicle", "vehicles"));
    if (!cost->description.empty())
        text += fmt::format("    prices: {} ({}), an example\n", cost->description, cost->example);
    std::vector<row> rows;
    for (const auto& item : cost->items)
        rows.push_back({item.name, plain_number(item.quantity), fmt::format("x {}", plain_number(item.price)),
                        money_text(item.amount, currency), fmt::format("per {}", price_unit_text(item.unit))});
    return text + table(rows, {.left_aligned = 1, .text_from = 4, .width = style.columns});
}

} // namespace loadsim::report
