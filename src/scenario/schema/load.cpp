// Phases of the load, and weights of its services.
#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <fmt/format.h>

namespace loadsim::scenario {
namespace {

struct phase_keys {
    std::optional<std::string> name;
    std::optional<nanoseconds> duration;
    std::optional<rate> arrival_rate;
    std::optional<rate> ramp_to;
    std::optional<std::uint64_t> arrival_count;
    std::optional<std::uint64_t> max_vusers;
    std::optional<nanoseconds> pause;
};

template <class V>
void describe(V& v, phase_keys& k) {
    constexpr value_types::duration length{.min = std::chrono::milliseconds{1}, .bare_seconds = true};
    constexpr std::uint64_t count_most = 1'000'000'000'000; // a rate of 1,000,000/s for 11 days
    v.field("name", k.name, "Name in reports and budgets.", value_types::text{value_types::name_length});
    v.field("duration", k.duration, "Length of the phase; a bare number is in seconds.", length);
    v.field("arrivalRate", k.arrival_rate, "Requests per second at the start.", value_types::rate_value{});
    v.field("rampTo", k.ramp_to, "Requests per second at the end; linear in between.", value_types::rate_value{});
    v.field("arrivalCount", k.arrival_count,
            "Exact number of requests, evenly spaced over the duration; excludes the rates.",
            value_types::integer<std::uint64_t>{1, count_most});
    v.field("maxVusers", k.max_vusers, "Maximum number of requests in flight; arrivals above it are skipped.",
            value_types::integer<std::uint64_t>{1});
    v.field("pause", k.pause, "Length of a phase without arrivals; excludes all other keys but the name.", length);
}

/// Contradictions that load::phase cannot represent; check() could not find them.
void check_keys(read_context& r, const yaml_node& n) {
    const auto has = [&](std::string_view key) { return n.find(key) != nullptr; };
    if (has("pause")) {
        for (const std::string_view key : {"duration", "arrivalRate", "rampTo", "arrivalCount", "maxVusers"})
            if (has(key)) r.add_problem(*n.find(key), fmt::format("a pause has no {}", key));
        return;
    }
    if (!has("duration")) r.add_problem(n, "'duration' is missing: how long does this phase last?");
    if (has("arrivalCount")) {
        for (const std::string_view key : {"arrivalRate", "rampTo"})
            if (has(key)) r.add_problem(*n.find(key), fmt::format("arrivalCount and {} exclude each other", key));
    } else if (!has("arrivalRate")) {
        r.add_problem(n, has("rampTo") ? "rampTo needs an arrivalRate to begin at; 0 is one"
                                       : "a phase needs an arrivalRate, an arrivalCount or a pause");
    }
}

} // namespace

namespace value_types {

void phase::read(read_context& r, const yaml_node& n, loadsim::load::phase& out) const {
    phase_keys keys;
    object<phase_keys>{}.read(r, n, keys);
    if (n.what != yaml_node::kind::map) return;
    check_keys(r, n);
    out.name = keys.name.value_or("");
    out.pause = keys.pause.has_value();
    out.duration = keys.pause.value_or(keys.duration.value_or(nanoseconds{0}));
    out.arrival_rate = keys.arrival_rate.value_or(rate{});
    out.ramp_to = keys.ramp_to;
    out.arrival_count = keys.arrival_count;
    out.max_vusers = keys.max_vusers;
}

yaml_node phase::write(const loadsim::load::phase& p) const {
    phase_keys keys;
    keys.name = p.name;
    if (p.pause) {
        keys.pause = p.duration;
    } else {
        keys.duration = p.duration;
        if (!p.arrival_count) keys.arrival_rate = p.arrival_rate;
        keys.ramp_to = p.ramp_to;
        keys.arrival_count = p.arrival_count;
        keys.max_vusers = p.max_vusers;
    }
    return object<phase_keys>{}.write(keys);
}

boost::json::object phase::schema() const { return object<phase_keys>{}.schema(); }

void service_weight::read(read_context& r, const yaml_node& n, loadsim::load::service_weight& out) const {
    number{}.read(r, n, out.weight);
}
yaml_node service_weight::write(const loadsim::load::service_weight& s) const { return number{}.write(s.weight); }
boost::json::object service_weight::schema() const { return number{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
