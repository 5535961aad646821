#include "telemetry/trip_schema.hpp"

#include "includes.hpp"
#include "schema.hpp"
#include "telemetry/builtin_trips.hpp"
#include "telemetry/geojson_route.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/spelling.hpp>

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

struct trip_keys {
    nanoseconds start = telemetry::trip_options{}.start;
    double speed = 1;
    telemetry::weekday first_day = telemetry::weekday::monday;
    std::optional<std::string> profile; ///< merged before the other keys are read
    profile_keys day;
    std::vector<std::string> routes;
};

template <class V>
void describe(V&, trip_keys&);

constexpr choices::table<telemetry::weekday, 7> weekday_choices{
    weekday_names,
    {telemetry::weekday::monday, telemetry::weekday::tuesday, telemetry::weekday::wednesday,
     telemetry::weekday::thursday, telemetry::weekday::friday, telemetry::weekday::saturday,
     telemetry::weekday::sunday}};
constexpr std::size_t max_route_files = 20;
constexpr std::size_t max_route_bytes = 20'000'000;

/// A file, or a list of them.
struct route_files {
    void read(read_context& r, const yaml_node& n, std::vector<std::string>& out) const {
        if (n.what == yaml_node::kind::list) return all().read(r, n, out);
        out.assign(1, {});
        value_types::file_path{}.read(r, n, out.front());
    }
    yaml_node write(const std::vector<std::string>& files) const { return all().write(files); }
    boost::json::object schema() const {
        return value_types::any_of(value_types::file_path{}.schema(), all().schema());
    }

private:
    static value_types::list<value_types::file_path> all() { return {{}, "files", max_route_files}; }
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

namespace {

/// The keys of a profile but its departures.
template <class V>
void describe_day(V& v, profile_keys& p) {
    v.field("length", p.length, "Length of a trip: a lognormal distribution over the vehicles.",
            value_types::object<trip_length>{});
    v.field("stops", p.stops, "Stops within a trip.", value_types::object<telemetry::stop_options>{});
    v.field("weather", p.weather, "Outside temperature.", value_types::object<telemetry::weather_options>{});
    v.field("chargePower", p.charge_power, "Power in kW of a charge that need not be faster.", value_types::number{});
}

const value_types::list<value_types::object<departure_keys>> departures{{}, "departures", telemetry::max_round_trips};

template <class V>
void describe(V& v, profile_keys& p) {
    v.required("departures", p.departures, "Round trips of a day.", departures);
    describe_day(v, p);
}

template <class V>
void describe(V& v, trip_keys& k) {
    v.field("start", k.start, "Time of day at the start of the load.", value_types::time_of_day{});
    v.field("speed", k.speed, "Simulated seconds per second; 60: an hour a minute.", value_types::number{});
    v.field("firstDay", k.first_day, "Day of the week at the start of the load.", weekday_choices.type());
    v.field("profile", k.profile,
            "Name of a built-in profile, whose keys these replace: commuters, deliveries, weekend or winter-morning.",
            value_types::text{});
    v.field("departures", k.day.departures,
            "Round trips of a day, in place of those of the profile; empty: the vehicles stay parked.", departures);
    describe_day(v, k.day);
    v.field("routes", k.routes,
            "GeoJSON file, or files, with the routes as LineStrings; empty: built-in routes of made-up places.",
            route_files{});
}

/// Sets what a profile has.
void assign_day(const profile_keys& keys, telemetry::trip_options& o) {
    o.round_trips.clear();
    for (const auto& d : keys.departures)
        o.round_trips.push_back({d.at, d.back, d.spread, d.share, d.days, d.length.value_or(keys.length)});
    o.stops = keys.stops;
    o.weather = keys.weather;
    o.charge_power = keys.charge_power;
}

profile_keys keys_of(const telemetry::trip_options& o) {
    profile_keys keys{{}, {}, o.stops, o.weather, o.charge_power};
    if (!o.round_trips.empty()) keys.length = o.round_trips.front().length;
    for (const auto& t : o.round_trips) {
        auto& d =
            keys.departures.emplace_back(departure_keys{t.departure, t.departure_back, t.spread, t.share, t.days, {}});
        if (t.length != keys.length) d.length = t.length;
    }
    return keys;
}

/// The keys, merged over those of the profile that they name.
yaml_node with_profile(read_context& r, const yaml_node& n) {
    const auto* name = n.find("profile");
    if (name == nullptr || name->what != yaml_node::kind::scalar) return n;
    const auto& all = builtin_trip_profiles();
    const auto found = std::ranges::find(all, name->text, &trip_profile::name);
    if (found == all.end()) {
        std::vector<std::string_view> known;
        for (const auto& p : all) known.emplace_back(p.name);
        const auto guard = r.enter("profile");
        r.add_problem(*name, unknown_name("profile", name->text, known));
        return n;
    }
    auto merged = value_types::trip_profile{}.write(*found);
    merged.location = n.location;
    merge(merged, n);
    return merged;
}

void read_routes(read_context& r, const yaml_node& n, const std::vector<std::string>& files,
                 std::vector<telemetry::route>& out) {
    const auto guard = r.enter("routes");
    for (const auto& file : files) {
        const auto refuse = [&](const problems& why) {
            r.add_problem(n, fmt::format("'{}': {}", file, why.list.front().text));
        };
        const auto text = read_file(file, max_route_bytes);
        if (!text) {
            refuse(text.error());
            continue;
        }
        auto routes = parse_routes(*text, file);
        if (!routes) {
            refuse(routes.error());
            continue;
        }
        for (std::size_t i = 0; i < routes->size(); ++i) {
            const auto why = telemetry::route_problem((*routes)[i]);
            if (why.empty())
                out.push_back(std::move((*routes)[i]));
            else
                refuse({file, fmt::format("route {}: {}", i + 1, why)});
        }
    }
}

} // namespace

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
    assign_day(keys, o);
    auto checked = o;
    if (checked.routes.empty()) checked.routes = {{{0, 0, 0}, {0, 0.1, 0}}}; // a scenario brings the routes
    for (const auto& text : telemetry::check(checked)) r.add_problem(n, text);
}
yaml_node trip_profile::write(const scenario::trip_profile& p) const {
    return object<profile_keys>{}.write(keys_of(p.options));
}
json::object trip_profile::schema() const { return object<profile_keys>{}.schema(); }

void trips::read(read_context& r, const yaml_node& n, telemetry::trip_options& out) const {
    const auto problem_count = r.located_problems().size();
    trip_keys keys;
    object<trip_keys>{}.read(r, with_profile(r, n), keys);
    if (r.located_problems().size() != problem_count) return;
    out = {};
    out.start = keys.start;
    out.speed = keys.speed;
    out.first_day = keys.first_day;
    assign_day(keys.day, out);
    out.route_files = keys.routes;
    if (!keys.routes.empty()) read_routes(r, *n.find("routes"), keys.routes, out.routes);
}
yaml_node trips::write(const telemetry::trip_options& o) const {
    return object<trip_keys>{}.write(trip_keys{o.start, o.speed, o.first_day, std::nullopt, keys_of(o), o.route_files});
}
json::object trips::schema() const { return object<trip_keys>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
