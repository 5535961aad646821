#include "language.hpp"
#include "shapes.hpp"

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
    constexpr kinds::duration length{.least = std::chrono::milliseconds{1}, .bare_seconds = true};
    constexpr std::uint64_t count_most = 1'000'000'000'000; // a rate of 1,000,000/s for 11 days
    v.field("name", k.name, "Used in reports and budgets.", kinds::text{kinds::name_length});
    v.field("duration", k.duration, "How long; a bare number is seconds.", length);
    v.field("arrivalRate", k.arrival_rate, "Requests a second, at the start.", kinds::rate_value{});
    v.field("rampTo", k.ramp_to, "Requests a second at the end; linear in between.", kinds::rate_value{});
    v.field("arrivalCount", k.arrival_count, "Exactly so many requests, evenly over the duration; excludes the rates.",
            kinds::whole<std::uint64_t>{1, count_most});
    v.field("maxVusers", k.max_vusers, "At most so many requests in flight; arrivals above it are skipped.",
            kinds::whole<std::uint64_t>{1});
    v.field("pause", k.pause, "Nothing is due for so long; excludes all but the name.", length);
}

/// The struct has no place for these contradictions, so they are found here and not in check().
void check(reading& r, const node& n) {
    const auto has = [&](std::string_view key) { return n.find(key) != nullptr; };
    if (has("pause")) {
        for (const std::string_view key : {"duration", "arrivalRate", "rampTo", "arrivalCount", "maxVusers"})
            if (has(key)) r.wrong(*n.find(key), fmt::format("a pause has no {}", key));
        return;
    }
    if (!has("duration")) r.wrong(n, "'duration' is missing: how long does this phase last?");
    if (has("arrivalCount")) {
        for (const std::string_view key : {"arrivalRate", "rampTo"})
            if (has(key)) r.wrong(*n.find(key), fmt::format("arrivalCount and {} exclude each other", key));
    } else if (!has("arrivalRate")) {
        r.wrong(n, has("rampTo") ? "rampTo needs an arrivalRate to begin at; 0 is one"
                                 : "a phase needs an arrivalRate, an arrivalCount or a pause");
    }
}

} // namespace

namespace kinds {

void phase::read(reading& r, const node& n, loadsim::load::phase& out) const {
    phase_keys keys;
    object<phase_keys>{}.read(r, n, keys);
    if (n.what != node::kind::map) return;
    check(r, n);
    out.name = keys.name.value_or("");
    out.pause = keys.pause.has_value();
    out.duration = keys.pause.value_or(keys.duration.value_or(nanoseconds{0}));
    out.arrival_rate = keys.arrival_rate.value_or(rate{});
    out.ramp_to = keys.ramp_to;
    out.arrival_count = keys.arrival_count;
    out.max_vusers = keys.max_vusers;
}

node phase::write(const loadsim::load::phase& p) const {
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

} // namespace kinds
} // namespace loadsim::scenario
