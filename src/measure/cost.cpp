#include <loadsim/measure/cost.hpp>

#include <loadsim/base/units.hpp>

#include <numeric>

namespace loadsim::measure {
namespace {

constexpr double bytes_per_gigabyte = 1e9;
constexpr double seconds_per_hour = 3600;

double quantity_of(price_unit unit, const run_usage& used) {
    const auto up = static_cast<double>(used.bytes_up) / bytes_per_gigabyte;
    const auto down = static_cast<double>(used.bytes_down) / bytes_per_gigabyte;
    switch (unit) {
    case price_unit::request: return static_cast<double>(used.requests);
    case price_unit::message_up: return static_cast<double>(used.messages_up);
    case price_unit::message_down: return static_cast<double>(used.messages_down);
    case price_unit::connection_minute: return used.connection_seconds / 60;
    case price_unit::gigabyte: return up + down;
    case price_unit::gigabyte_up: return up;
    case price_unit::gigabyte_down: return down;
    case price_unit::hour: break;
    }
    return seconds(used.duration) / seconds_per_hour;
}

} // namespace

double run_cost::total() const {
    return std::accumulate(items.begin(), items.end(), 0.0,
                           [](double sum, const cost_item& item) { return sum + item.amount; });
}

std::optional<double> run_cost::per_1000_requests() const {
    if (requests == 0) return std::nullopt;
    return total() / static_cast<double>(requests) * 1000;
}

std::optional<double> run_cost::per_vehicle_month() const {
    if (!(vehicle_hours > 0)) return std::nullopt;
    return total() / vehicle_hours * hours_per_month;
}

std::optional<double> run_cost::fleet_month() const {
    const auto each = per_vehicle_month();
    if (fleet == 0 || !each) return std::nullopt;
    return *each * static_cast<double>(fleet);
}

run_cost cost_of(const price_list& list, const run_usage& used) {
    run_cost cost{.currency = list.currency, .example = list.example, .description = list.description};
    cost.requests = used.requests;
    cost.vehicle_hours = static_cast<double>(used.vehicles) * seconds(used.duration) / seconds_per_hour;
    cost.fleet = list.fleet;
    for (const auto& [name, unit, price] : list.prices) {
        const auto quantity = quantity_of(unit, used);
        cost.items.push_back(
            {.name = name, .unit = unit, .quantity = quantity, .price = price, .amount = quantity * price});
    }
    return cost;
}

std::optional<run_cost> sum_of(const std::optional<run_cost>& one, const std::optional<run_cost>& other) {
    if (!one || !other || one->currency != other->currency || one->items.size() != other->items.size())
        return std::nullopt;
    auto sum = *one;
    for (std::size_t i = 0; i < sum.items.size(); ++i) {
        auto& item = sum.items[i];
        const auto& more = other->items[i];
        if (item.name != more.name || item.unit != more.unit || item.price != more.price) return std::nullopt;
        item.quantity += more.quantity;
        item.amount += more.amount;
    }
    sum.requests += other->requests;
    sum.vehicle_hours += other->vehicle_hours;
    return sum;
}

} // namespace loadsim::measure
