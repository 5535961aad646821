#include "telemetry/trip_schema.hpp"

#include "schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

namespace loadsim::scenario {
namespace {

using telemetry::trip_length;
using telemetry::weekday_set;

constexpr std::array<std::string_view, 7> weekday_names{"monday", "tuesday",  "wednesday", "thursday",
                                                        "friday", "saturday", "sunday"};
constexpr choices::table<weekday_set, 3> weekday_groups{
    {"every-day", "working-days", "weekend"}, {telemetry::every_day, telemetry::working_days, weekday_set{0b1100000}}};

struct departure_keys {
    nanoseconds at{}, back{};
    nanoseconds spread{};
    fraction share{1};
    weekday_set days = telemetry::every_day;
    std::optional<trip_length> length;
};

struct profile_keys {
    std::vector<departure_keys> departures;
    trip_length length;
    telemetry::stop_options stops;
    telemetry::weather_options weather;
    double charge_power = telemetry::trip_options{}.charge_power;
};

/// Two digits; nullopt for any other text, or a number above `most`.
std::optional<int> two_digits(std::string_view text, int most) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.size() != 2 || error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most)
        return std::nullopt;
    return value;
}

} // namespace

template <class V>
void describe(V& v, telemetry::trip_length& l) {
    v.required("median", l.median, "Half of the vehicles have shorter trips.", value_types::distance{});
    v.required("p99", l.p99, "99 of 100 vehicles have shorter trips.", value_types::distance{});
}

template <class V>
void describe(V& v, telemetry::stop_options& s) {
    v.field("every", s.spacing, "Distance between two stops, off the motorway.", value_types::distance{});
    v.field("for", s.least_time, "Least time of a stop.", value_types::duration{});
}

template <class V>
void describe(V& v, telemetry::weather_options& w) {
    constexpr value_types::number degrees{.is_signed = true};
    v.field("mean", w.mean, "Mean outside temperature, in degrees Celsius.", degrees);
    v.field("swing", w.swing, "Degrees by which the afternoon is warmer than the mean of the day.", degrees);
    v.field("spread", w.spread, "Standard deviation of the means of days, in degrees.", degrees);
}

template <class V>
void describe(V& v, departure_keys& d) {
    v.required("at", d.at, "Mean time of day of the departure.", value_types::time_of_day{});
    v.required("back", d.back, "Mean time of day of the departure back; before `at`: on the next day.",
               value_types::time_of_day{});
    v.field("spread", d.spread, "Standard deviation of both departures.", value_types::duration{});
    v.field("share", d.share, "Share of the days on which a vehicle makes the round trip.",
            value_types::fraction_value{});
    v.field("days", d.days, "Days of the departure: every-day, working-days, weekend, or a list of weekdays.",
            value_types::weekdays{});
    v.field("length", d.length, "Length of each of the two trips; left out: that of the profile.",
            value_types::object<trip_length>{});
}

template <class V>
void describe(V& v, profile_keys& p) {
    v.required("departures", p.departures, "Round trips of a day.",
               value_types::list<value_types::object<departure_keys>>{{}, "departures", telemetry::max_round_trips});
    v.field("length", p.length, "Length of a trip: a lognormal distribution over the vehicles.",
            value_types::object<trip_length>{});
    v.field("stops", p.stops, "Stops within a trip.", value_types::object<telemetry::stop_options>{});
    v.field("weather", p.weather, "Outside temperature.", value_types::object<telemetry::weather_options>{});
    v.field("chargePower", p.charge_power, "Power in kW of a charge that need not be faster.", value_types::number{});
}

namespace value_types {

void time_of_day::read(read_context& r, const yaml_node& n, nanoseconds& out) const {
    const auto* found = r.expect_scalar(n, "a time of day such as \"07:45\"");
    if (found == nullptr) return;
    const std::string_view text = *found;
    const auto hours = two_digits(text.substr(0, 2), 23);
    const auto minutes = text.size() == 5 && text[2] == ':' ? two_digits(text.substr(3), 59) : std::nullopt;
    if (!hours || !minutes)
        return r.add_problem(n, fmt::format("'{}' is no time of day; write \"00:00\" to \"23:59\"", text));
    out = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
}
yaml_node time_of_day::write(nanoseconds value) const {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(value).count();
    auto node = make_scalar(fmt::format("{:02}:{:02}", minutes / 60, minutes % 60));
    node.quoted = true; // YAML 1.1 reads 07:45 as a number
    return node;
}
json::object time_of_day::schema() const {
    return {{"title", "time of day"}, {"type", "string"}, {"pattern", "^([01][0-9]|2[0-3]):[0-5][0-9]$"}};
}

void distance::read(read_context& r, const yaml_node& n, double& out) const {
    const auto* found = r.expect_scalar(n, "a distance such as 12km or 400m");
    if (found == nullptr) return;
    double value = 0;
    const auto* end_of_text = found->data() + found->size();
    const auto [end, error] = std::from_chars(found->data(), end_of_text, value);
    const std::string_view unit(end, static_cast<std::size_t>(end_of_text - end));
    if (error != std::errc{} || !std::isfinite(value) || value < 0 || (unit != "m" && unit != "km"))
        return r.add_problem(n, fmt::format("'{}' is no distance; write a number with m or km, such as 12km", *found));
    out = unit == "km" ? value * 1000 : value;
}
yaml_node distance::write(double value) const {
    return make_scalar(value >= 1000 ? fmt::format("{}km", value / 1000) : fmt::format("{}m", value));
}
json::object distance::schema() const {
    return {{"title", "distance"}, {"type", "string"}, {"pattern", "^[0-9.]+k?m$"}};
}

void weekdays::read(read_context& r, const yaml_node& n, telemetry::weekday_set& out) const {
    if (n.what != yaml_node::kind::list) return weekday_groups.type().read(r, n, out);
    if (!check_item_count(r, n, n.items.size(), "days", weekday_names.size())) return;
    out.reset();
    for (std::size_t i = 0; i < n.items.size(); ++i) {
        const auto guard = r.enter(i);
        if (const auto day = read_choice(r, n.items[i], weekday_names)) out.set(*day);
    }
}
yaml_node weekdays::write(telemetry::weekday_set days) const {
    if (std::ranges::count(weekday_groups.values, days) != 0) return weekday_groups.type().write(days);
    auto node = make_node(yaml_node::kind::list);
    for (std::size_t i = 0; i < weekday_names.size(); ++i)
        if (days[i]) node.items.push_back(make_scalar(std::string(weekday_names[i])));
    return node;
}
json::object weekdays::schema() const {
    return any_of(weekday_groups.type().schema(),
                  json::object{{"type", "array"}, {"items", choice_schema(weekday_names)}});
}

void trip_profile::read(read_context& r, const yaml_node& n, scenario::trip_profile& out) const {
    const auto problem_count = r.located_problems().size();
    profile_keys keys;
    object<profile_keys>{}.read(r, n, keys);
    if (r.located_problems().size() != problem_count) return;
    auto& o = out.options;
    o.round_trips.clear();
    for (const auto& d : keys.departures)
        o.round_trips.push_back({d.at, d.back, d.spread, d.share, d.days, d.length.value_or(keys.length)});
    o.stops = keys.stops;
    o.weather = keys.weather;
    o.charge_power = keys.charge_power;
    auto checked = o;
    if (checked.routes.empty()) checked.routes = {{{0, 0, 0}, {0, 0.1, 0}}}; // a scenario brings the routes
    for (const auto& text : telemetry::check(checked)) r.add_problem(n, text);
}
yaml_node trip_profile::write(const scenario::trip_profile& p) const {
    const auto& o = p.options;
    profile_keys keys{{}, {}, o.stops, o.weather, o.charge_power};
    if (!o.round_trips.empty()) keys.length = o.round_trips.front().length;
    for (const auto& t : o.round_trips) {
        auto& d =
            keys.departures.emplace_back(departure_keys{t.departure, t.departure_back, t.spread, t.share, t.days, {}});
        if (t.length != keys.length) d.length = t.length;
    }
    return object<profile_keys>{}.write(keys);
}
json::object trip_profile::schema() const { return object<profile_keys>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
