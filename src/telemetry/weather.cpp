#include "weather.hpp"

#include "ramped_pulse.hpp"
#include "seeded_numbers.hpp"
#include "week_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace loadsim::telemetry {

double weather::mean_of(std::int64_t day) const {
    const auto bits = random_bits(seed_, stream_id::signal, weather_key, counter_of(purpose::weather, day));
    return options_.mean + options_.spread / bell_deviation * bell(bits);
}

double weather::coldest_mean() const { return options_.mean - options_.spread / bell_deviation * bell_most; }

double weather::temperature_at(nanoseconds day_time) const {
    const auto day = day_time / day_length;
    const double of_day = seconds(day_time % day_length) / seconds(day_length);
    const double today = mean_of(day);
    constexpr double warmest = 15.0 / 24;
    return today + (mean_of(day + 1) - today) * smooth_step(of_day) +
           options_.swing * std::cos(2 * std::numbers::pi * (of_day - warmest));
}

double consumption_factor(double temperature) {
    constexpr double mild = 20;          // degrees Celsius
    constexpr double per_degree = 0.012; // heating of cabin and battery
    return 1 + per_degree * std::max(mild - temperature, 0.0);
}

} // namespace loadsim::telemetry
