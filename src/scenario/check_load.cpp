// Checks of the load.
#include "check.hpp"

#include "telemetry/compiled_telemetry.hpp"

#include <loadsim/contract/placeholder_text.hpp>
#include <loadsim/load/selection.hpp>
#include <loadsim/vehicle/resolved_behaviour.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <variant>

namespace loadsim::scenario {
namespace {

void check_parameters(const service& s, const std::string& path, problems& all) {
    for (const auto& p : s.parameters) {
        const auto where = fmt::format("{}.parameters.{}", path, p.name);
        if (auto why = loadsim::load::check(p); !why.empty()) all.add(where, std::move(why));
        const auto check_text = [&](const std::string& text) {
            if (contract::sample_text(text) != text)
                all.add(where, fmt::format("'{}' is sent as it is: a parameter is no template; write placeholders in "
                                           "the templates that have {{parameter.{}}}",
                                           text, p.name));
        };
        if (p.type == loadsim::load::parameter::kind::text) check_text(p.text);
        for (const auto& [text, weight] : p.choices) check_text(text);
    }
}

void check_services(const scenario_config& config, problems& all) {
    const auto& l = config.load;
    const bool own_backend = config.target.embedded && l.driver == driver::kind::http;
    std::set<std::string_view> seen;
    double sum = 0;
    for (const auto& s : l.services) {
        const auto path = "load.services." + s.name;
        if (own_backend && !is_service_name(s.platform_name()))
            all.add(path, service_name_problem(s.platform_name()));
        else if (s.name.empty())
            all.add(path, "a service needs a name");
        if (contract::sample_text(s.contract.as) != s.contract.as)
            all.add(path + ".as", fmt::format("'{}' is sent as it is: the platform's name of a service is no template",
                                              s.contract.as));
        if (!seen.insert(s.name).second) all.add(path, fmt::format("the service '{}' is there twice", s.name));
        if (!(s.weight >= 0)) all.add(path, "a weight is not negative");
        sum += s.weight;
        check_parameters(s, path, all);
    }
    if (!(sum > 0)) all.add("load.services", "no service has a weight above 0, so nothing could be requested");
}

/// True: a phase has no arrivals, determined without a schedule.
bool has_no_arrivals(const loadsim::load::phase& p) {
    return p.pause ||
           (!p.arrival_count && p.arrival_rate.per_second <= 0 && p.ramp_to.value_or(rate{}).per_second <= 0);
}

void check_phases(const load& l, bool telemetry, problems& all) {
    if (l.phases.empty()) return all.add("load.phases", "there is no phase, so nothing is ever due");
    for (std::size_t i = 0; i < l.phases.size(); ++i) {
        const auto& p = l.phases[i];
        const auto path = fmt::format("load.phases[{}]", i);
        if (p.duration <= nanoseconds{0}) all.add(path, "a phase needs a duration");
        if (p.arrival_count && p.ramp_to) all.add(path, "arrivalCount and rampTo exclude each other");
    }
    if (!telemetry && std::ranges::all_of(l.phases, has_no_arrivals))
        all.add("load.phases", "nothing is ever due in these phases");
    if (load_seconds(l) > max_load_seconds) all.add("load.phases", "these phases last longer than a year");
}

/// The completion timeout of a service must exceed the deadlines of the other side, or their timeouts could never be observed.
void check_completion_timeouts(const scenario_config& config, problems& all) {
    const auto& l = config.load;
    std::set<std::string> reported;
    for (const auto& s : l.services) {
        const auto limit = completion_timeout_of(l, s);
        const auto key = s.deadline ? fmt::format("load.services.{}.deadline", s.name) : "load.completionTimeout";
        nanoseconds longest{0};
        if (l.driver == driver::kind::mqtt)
            longest = l.mqtt.deadline;
        else if (config.target.embedded)
            for (const auto& served : config.target.backend.services)
                if (served.name == s.platform_name())
                    longest = std::max({served.limits.created, served.limits.pending, served.limits.running});
        if (longest == nanoseconds{0} || longest < limit || !reported.insert(key).second) continue;
        all.add(key, fmt::format("{} waits up to {} before it times a request out; {} ({}) must be longer",
                                 l.driver == driver::kind::mqtt ? "the mqtt driver" : "the embedded backend",
                                 format_duration(longest), s.deadline ? "deadline" : "completionTimeout",
                                 format_duration(limit)));
    }
}

/// Times after which a correct platform, or loadsim itself, ends the request of a vehicle that does not respond.
struct request_limits {
    nanoseconds pending; ///< since it was sent: without any response
    nanoseconds running; ///< since the vehicle's first response
    nanoseconds total;   ///< since it was sent, in any case
};

/// `total`: the limit of loadsim itself, and each limit that is unknown.
request_limits request_limits_of(const scenario_config& config, const service& requested, nanoseconds total) {
    if (config.load.driver == driver::kind::mqtt) {
        total = std::min(total, config.load.mqtt.deadline);
        return {total, total, total};
    }
    for (const auto& o : config.load.observers)
        if (const auto* none = std::get_if<observer::none_options>(&o)) total = std::min(total, none->deadline);
    if (config.target.embedded) {
        for (const auto& s : config.target.backend.services)
            if (s.name == requested.platform_name()) return {s.limits.pending, s.limits.running, total};
    } else if (const auto& known = config.contract.deadlines) {
        return {known->pending, known->running, total};
    }
    return {total, total, total};
}

/// Time from the command to the end of its request: the first well-formed final response, or a limit.
nanoseconds busy_time(const vehicle::resolved_behaviour& resolved, const request_limits& limits) {
    nanoseconds at{0};
    auto end = std::min(limits.pending, limits.total);
    bool responded = false;
    for (const auto& s : resolved.steps) {
        at += s.duration;
        if (at >= end) break;
        if (s.response == nullptr || !s.response->is_well_formed()) continue;
        if (s.response->is_final()) return at;
        if (!responded) end = std::min(at + limits.running, limits.total);
        responded = true;
    }
    return end;
}

/// Time from the command to the acknowledgement; nullopt: none.
std::optional<nanoseconds> acknowledgement_time(const vehicle::resolved_behaviour& resolved) {
    nanoseconds at{0};
    for (const auto& s : resolved.steps) {
        at += s.duration;
        if (s.response != nullptr && s.response->is_well_formed())
            return s.response->is_final() ? std::nullopt : std::optional(at);
    }
    return std::nullopt;
}

/// Longer than any deadline: of a platform whose deadlines are unknown.
constexpr nanoseconds unknown_deadline = std::chrono::hours{24 * 365 * 10};

/// Latest ends of right requests of one service, since they were sent; 0: none, or unknown.
struct latest_ends {
    nanoseconds timed_out{0}; ///< by the platform, as expected
    nanoseconds responded{0}; ///< by the vehicle's final response
};

/// Over the segments' behaviours, with the random choices of the first arrivals, and the conditions.
latest_ends latest_ends_of(const scenario_config& config, const service& requested) {
    constexpr std::uint32_t samples = 100;
    const auto limits = request_limits_of(config, requested, unknown_deadline);
    latest_ends latest;
    const auto raise = [](nanoseconds& to, nanoseconds end) { to = end < unknown_deadline ? std::max(to, end) : to; };
    auto cut_off = limits.pending; // by a condition, before or after the acknowledgement
    std::set<std::string_view> seen;
    for (const auto& segment : config.fleet.segments) {
        if (!seen.insert(segment.behaviour).second) continue;
        const auto& b = behaviour_of(config, segment.behaviour);
        for (std::uint32_t i = 0; i < samples; ++i) {
            auto random = vehicle::random_stream_of(config.seed, arrival_id{i});
            const auto resolved = vehicle::resolve(b, requested.name, random);
            const auto end = busy_time(resolved, limits);
            if (const auto acked = acknowledgement_time(resolved); acked && *acked < limits.pending)
                cut_off = std::max(cut_off, *acked + limits.running);
            const bool may_time_out = resolved.expected.contains(outcome::timed_out);
            raise(may_time_out ? latest.timed_out : latest.responded, end);
            if (may_time_out && resolved.expected != outcome_set(outcome::timed_out))
                raise(latest.timed_out, std::max(limits.pending, limits.running));
        }
    }
    for (const auto& c : config.conditions)
        if (c.expected.contains(outcome::timed_out)) raise(latest.timed_out, std::min(cut_off, limits.total));
    return latest;
}

/// Rounded up: it is compared with a limit below it, and was drawn to the nanosecond.
std::string in_milliseconds(nanoseconds d) { return format_duration(std::chrono::ceil<std::chrono::milliseconds>(d)); }

/// Right requests must be able to end within the drain and the completion timeout.
void check_latest_ends(const scenario_config& config, problems& all, problems& warnings) {
    const auto& l = config.load;
    struct limited {
        std::string_view name;
        nanoseconds limit{0};
        latest_ends latest{};
    };
    std::map<std::string, limited> by_key;
    for (const auto& s : l.services) {
        if (!(s.weight > 0)) continue;
        const auto latest = latest_ends_of(config, s);
        const auto add = [&](const std::string& key, std::string_view name, nanoseconds limit) {
            auto& sum = by_key.try_emplace(key, limited{.name = name, .limit = limit}).first->second.latest;
            sum.timed_out = std::max(sum.timed_out, latest.timed_out);
            sum.responded = std::max(sum.responded, latest.responded);
        };
        add("load.drain", "drain", l.drain);
        if (s.deadline)
            add(fmt::format("load.services.{}.deadline", s.name), "deadline", *s.deadline);
        else
            add("load.completionTimeout", "completionTimeout", l.completion_timeout);
    }
    for (const auto& [key, one] : by_key) {
        const auto limit = format_duration(one.limit);
        if (one.latest.timed_out != nanoseconds{0} && one.limit <= one.latest.timed_out)
            all.add(key, fmt::format("silent vehicles' requests end {} after they were sent; {} ({}) must be longer",
                                     in_milliseconds(one.latest.timed_out), one.name, limit));
        else if (one.latest.responded != nanoseconds{0} && one.limit <= one.latest.responded)
            warnings.add(key,
                         fmt::format("vehicles respond up to {} after a request was sent; {} ({}) should be longer: "
                                     "requests that are open then count as unanswered",
                                     in_milliseconds(one.latest.responded), one.name, limit));
    }
}

/// Mean busy time, in seconds, of a vehicle with the behaviour, over the services and random choices of the first arrivals.
double mean_busy_seconds(const scenario_config& config, const vehicle::behaviour& b) {
    constexpr std::uint32_t samples = 400;
    const loadsim::load::service_selection selection(config.seed, service_weights_of(config.load));
    double sum = 0;
    for (std::uint32_t i = 0; i < samples; ++i) {
        const auto& requested = config.load.services[selection.service_of(arrival_id{i})];
        auto random = vehicle::random_stream_of(config.seed, arrival_id{i});
        sum += seconds(busy_time(vehicle::resolve(b, requested.name, random),
                                 request_limits_of(config, requested, completion_timeout_of(config.load, requested))));
    }
    return sum / samples;
}

/// Most requests per second that the fleet carries for long. Little's law: each vehicle ends one request per busy time. Free
/// vehicles replace busy ones, so the rates of the segments add up. The platform's own time is unknown and left out.
double fleet_capacity(const scenario_config& config) {
    std::map<std::string_view, double> busy; // by behaviour
    double capacity = 0;
    for (const auto& s : config.fleet.segments) {
        const auto [entry, is_new] = busy.try_emplace(s.behaviour);
        if (is_new) entry->second = mean_busy_seconds(config, behaviour_of(config, s.behaviour));
        capacity += config.fleet.vehicles * s.fleet_fraction.value / entry->second;
    }
    return capacity;
}

double peak_rate(const loadsim::load::phase& p) {
    if (p.pause) return 0;
    if (p.arrival_count) return static_cast<double>(*p.arrival_count) / seconds(p.duration);
    return std::max(p.arrival_rate.per_second, p.ramp_to.value_or(rate{}).per_second);
}

/// Phase whose rate exceeds the capacity by most, and for long enough to occupy all vehicles.
struct overload {
    std::size_t phase = 0; ///< index in load.phases
    double peak = 0;       ///< requests per second
};

std::optional<overload> worst_overload(const scenario_config& config, const loadsim::load::schedule& schedule,
                                       double capacity) {
    const double vehicles = config.fleet.vehicles;
    const nanoseconds busy{static_cast<std::int64_t>(std::min(vehicles / capacity, max_load_seconds) * 1e9)};
    const auto parts = schedule.phases(); // load.phases, divided by spikes
    std::optional<overload> worst;
    std::size_t phase = 0;
    auto phase_end = config.load.phases.front().duration;
    std::size_t oldest = 0;
    std::uint64_t recent = 0; // requests of the parts from `oldest` on; some may still be open when part i begins
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto start = schedule.phase_start(i);
        recent += schedule.size(i);
        for (; schedule.phase_start(oldest + 1) + busy <= start; ++oldest) recent -= schedule.size(oldest);
        while (start >= phase_end && phase + 1 < config.load.phases.size())
            phase_end += config.load.phases[++phase].duration;
        const auto peak = peak_rate(parts[i]);
        if (peak <= std::max(capacity, worst ? worst->peak : 0)) continue;
        if (parts[i].max_vusers && static_cast<double>(*parts[i].max_vusers) <= vehicles) continue; // skips on purpose
        const auto before = seconds(start - busy - schedule.phase_start(oldest)) / seconds(parts[oldest].duration);
        const auto ended = static_cast<double>(schedule.size(oldest)) * std::max(before, 0.0);
        if (static_cast<double>(recent) - ended > vehicles) worst = {phase, peak};
    }
    return worst;
}

std::string rate_text(double per_second) {
    return fmt::format("{:.{}f}/s", per_second, per_second < 10 ? 2 : per_second < 100 ? 1 : 0);
}

} // namespace

void warn_of_load(const scenario_config& config, problems& warnings) {
    const auto schedule = schedule_of(config);
    if (schedule.size() == 0 && has_telemetry(config.fleet)) return;
    if (schedule.size() == 0)
        return warnings.add("load.phases",
                            "the plan has 0 requests: rates times durations make less than one; raise one");
    if (config.fleet.segments.empty()) return; // only in scenarios built in code
    const auto capacity = fleet_capacity(config);
    if (!std::isfinite(capacity)) return;
    const auto over = worst_overload(config, schedule, capacity);
    if (!over) return;
    const auto vehicles = config.fleet.vehicles;
    const auto enough = std::ceil(over->peak * vehicles / capacity);
    const auto remedy = enough > vehicle::vin_capacity
                            ? "use at most " + rate_text(capacity)
                            : fmt::format("use {:.0f} vehicles, or at most {}", enough, rate_text(capacity));
    warnings.add(
        fmt::format("load.phases[{}]", over->phase),
        fmt::format(
            "'{}' requests {}, and {} vehicles carry {} at most: a vehicle has one request at a time, for {:.3g} s "
            "on average. The rest is skipped; {}",
            config.load.phases[over->phase].name, rate_text(over->peak), vehicles, rate_text(capacity),
            vehicles / capacity, remedy));
}

void check_load(const scenario_config& config, problems& all, problems& warnings) {
    const auto& l = config.load;
    check_services(config, all);
    check_phases(l, has_telemetry(config.fleet), all);
    check_completion_timeouts(config, all);
    if (all.empty()) check_latest_ends(config, all, warnings);
    if (l.http.connections == 0) all.add("load.http.connections", "there must be one at least");
    if (l.http.timeout <= nanoseconds{0}) all.add("load.http.timeout", "a time-out of nothing");
    if (l.lag_limit <= nanoseconds{0}) all.add("load.lagLimit", "a limit of nothing");
}

} // namespace loadsim::scenario
