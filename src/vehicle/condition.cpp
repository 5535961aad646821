#include <loadsim/vehicle/condition.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace loadsim::vehicle {
namespace {

using kind = condition::kind;

/// Draws that one occurrence may take of a vehicle's: whether, when, and two at most for how long.
constexpr std::uint64_t draws_per_occurrence = 8;

constexpr double factor_most = 10'000;

/// How long it takes at most, but for one time in a hundred where there is no end to a distribution.
nanoseconds nearly_longest(const delay& d) {
    auto longest = d.a;
    if (d.shape == delay::kind::uniform || d.shape == delay::kind::lognormal) longest = d.b;
    if (d.shape == delay::kind::normal) longest = d.a + 3 * d.b;
    return d.most ? std::min(longest, *d.most) : longest;
}

class inspection {
public:
    explicit inspection(const condition& c) : condition_(c) {}

    void look_at_times() {
        const auto& c = condition_;
        constexpr nanoseconds nothing{0};
        if (c.at < nothing) wrong("at", "nothing begins before the load does");
        if (c.jitter < nothing) wrong("jitter", "a jitter is never negative");
        if (c.within < nothing) wrong("within", "a time is never negative");
        if (lasts(c.what)) look_at_length();
        if (!c.every) return;
        const auto over = (lasts(c.what) ? nearly_longest(c.lasts) : nothing) + c.jitter + c.within;
        if (*c.every <= over || *c.every <= nothing)
            wrong("every", fmt::format("it comes again after {}, before it has passed (after {}, with jitter)",
                                       format_duration(std::max(*c.every, nothing)), format_duration(over)));
    }

    void look_at_figures() {
        const auto& c = condition_;
        if (strikes_vehicles(c.what) && !(c.part.of_one > 0)) wrong("share", "a share of 0% befalls nobody");
        if (c.expected.contains(outcome::skipped))
            wrong("expect", "a request is skipped by the generator, not by the platform: it cannot be expected");
        if (c.what == kind::slow) look_at_slowness();
        if (c.what == kind::lossy && !(c.loss.of_one > 0)) wrong("loss", "a loss of 0% loses nothing");
        if (c.what == kind::spike && !(c.factor > 0 && c.factor <= factor_most))
            wrong("factor", fmt::format("a spike is more than 0 and at most {} times the load", factor_most));
    }

    void wrong(std::string place, std::string text) { found_.push_back({std::move(place), std::move(text)}); }
    std::vector<finding> done() && { return std::move(found_); }

private:
    void look_at_length() {
        const auto& d = condition_.lasts;
        if (auto text = vehicle::check(d); !text.empty()) return wrong("for", std::move(text));
        const bool may_be_nothing = condition_.what == kind::handover; // no gap between its connections
        if (nearly_longest(d) <= nanoseconds{0} && !may_be_nothing)
            return wrong("for", "how long? it has to last for some time");
        if (!strikes_vehicles(condition_.what) && (d.shape != delay::kind::fixed || d.most))
            wrong("for", "it befalls everybody at once, so it lasts for one time and not for a distribution");
    }

    void look_at_slowness() {
        const auto& c = condition_;
        if (auto text = vehicle::check(c.added); !text.empty()) return wrong("delay", std::move(text));
        if (!(c.bytes_per_second >= 0) || !std::isfinite(c.bytes_per_second))
            return wrong("bytesPerSecond", "a number from 0");
        if (c.bytes_per_second == 0 && nearly_longest(c.added) <= nanoseconds{0})
            wrong("", "what is slow about it? give it bytesPerSecond, or a delay");
    }

    const condition& condition_;
    std::vector<finding> found_;
};

} // namespace

std::optional<strike> strike_of(const condition& c, std::uint32_t place, std::uint32_t n, std::uint64_t seed,
                                vehicle_id v) {
    const auto first = (static_cast<std::uint64_t>(place) << 32U | n) * draws_per_occurrence;
    draws random(seed, stream::condition, index(v), first);
    if (random.unit() >= c.part.of_one) return std::nullopt;
    const auto spread = static_cast<double>((c.jitter + c.within).count());
    const auto late = nanoseconds{static_cast<std::int64_t>(spread * random.unit())};
    const auto from = beginning(c, n) + late;
    return strike{from, lasts(c.what) ? from + sample(c.lasts, random) : from};
}

bool befalls(const condition& c, std::string_view segment) {
    return c.segments.empty() || std::ranges::count(c.segments, segment) != 0;
}

nanoseconds beginning(const condition& c, std::uint32_t n) {
    return c.at + std::int64_t{n} * c.every.value_or(nanoseconds{0});
}

std::uint32_t occurrences(const condition& c, nanoseconds load) {
    if (c.at >= load) return 0;
    if (!c.every || c.every->count() <= 0) return 1;
    return static_cast<std::uint32_t>((load - c.at - nanoseconds{1}) / *c.every) + 1;
}

std::string_view to_string(kind k) {
    constexpr std::array<std::string_view, 10> names{"tunnel", "garage", "handover",       "halfOpen", "slow",
                                                     "lossy",  "outage", "reconnectStorm", "powerOn",  "spike"};
    return names[static_cast<std::size_t>(k)];
}

std::vector<finding> check(const condition& c) {
    inspection all(c);
    if (c.name.empty()) all.wrong("name", "a condition needs a name");
    all.look_at_times();
    all.look_at_figures();
    return std::move(all).done();
}

} // namespace loadsim::vehicle
