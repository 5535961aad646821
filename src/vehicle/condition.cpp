#include <loadsim/vehicle/condition.hpp>

#include <loadsim/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace loadsim::vehicle {
namespace {

using kind = condition::kind;

/// Random numbers reserved per occurrence and vehicle: affected, start, and at most two for the duration.
constexpr std::uint64_t draws_per_occurrence = 8;

constexpr double max_factor = 10'000;

/// Maximum of a delay; for unbounded distributions the 99th percentile or higher.
nanoseconds practical_maximum(const delay& d) {
    auto longest = d.a;
    if (d.distribution == delay::kind::uniform || d.distribution == delay::kind::lognormal) longest = d.b;
    if (d.distribution == delay::kind::normal) longest = d.a + 3 * d.b;
    return d.max ? std::min(longest, *d.max) : longest;
}

class condition_validator {
public:
    explicit condition_validator(const condition& c) : condition_(c) {}

    void check_times() {
        const auto& c = condition_;
        constexpr nanoseconds zero{0};
        if (c.start < zero) add_issue("at", "nothing begins before the load does");
        if (c.jitter < zero) add_issue("jitter", "a jitter is never negative");
        if (c.spread < zero) add_issue("within", "a time is never negative");
        if (has_duration(c.type)) check_duration();
        if (!c.interval) return;
        const auto total = longest_span(c);
        if (*c.interval <= total || *c.interval <= zero)
            add_issue("every", fmt::format("it comes again after {}, before it has passed (after {}, with jitter)",
                                           format_duration(std::max(*c.interval, zero)), format_duration(total)));
    }

    void check_values() {
        const auto& c = condition_;
        if (affects_vehicles(c.type) && !(c.affected_fraction.value > 0))
            add_issue("share", "a share of 0% affects no vehicle");
        if (c.expected.contains(outcome::skipped))
            add_issue("expect", "a request is skipped by the generator, not by the platform: it cannot be expected");
        if (c.type == kind::slow) check_slow();
        if (c.type == kind::lossy && !(c.loss.value > 0)) add_issue("loss", "a loss of 0% loses nothing");
        if (c.type == kind::spike && !(c.factor > 0 && c.factor <= max_factor))
            add_issue("factor", fmt::format("a spike is more than 0 and at most {} times the load", max_factor));
    }

    void add_issue(std::string position, std::string text) {
        issues_.push_back({std::move(position), std::move(text)});
    }
    std::vector<validation_issue> issues() && { return std::move(issues_); }

private:
    void check_duration() {
        const auto& d = condition_.duration;
        if (auto text = vehicle::check(d); !text.empty()) return add_issue("for", std::move(text));
        const bool may_be_nothing = condition_.type == kind::handover; // a handover without a gap
        if (practical_maximum(d) <= nanoseconds{0} && !may_be_nothing)
            return add_issue("for", "how long? it has to last for some time");
        if (!affects_vehicles(condition_.type) && (d.distribution != delay::kind::fixed || d.max))
            add_issue("for", "it affects all vehicles at once, so it has one duration and not a distribution");
    }

    void check_slow() {
        const auto& c = condition_;
        if (auto text = vehicle::check(c.added_delay); !text.empty()) return add_issue("delay", std::move(text));
        if (!(c.bytes_per_second >= 0) || !std::isfinite(c.bytes_per_second))
            return add_issue("bytesPerSecond", "a number from 0");
        if (c.bytes_per_second == 0 && practical_maximum(c.added_delay) <= nanoseconds{0})
            add_issue("", "what is slow about it? give it bytesPerSecond, or a delay");
    }

    const condition& condition_;
    std::vector<validation_issue> issues_;
};

} // namespace

std::optional<condition_window> window_of(const condition& c, std::uint32_t position, std::uint32_t n,
                                          std::uint64_t seed, vehicle_id v) {
    const auto first = (static_cast<std::uint64_t>(position) << 32U | n) * draws_per_occurrence;
    random_stream random(seed, stream_id::condition, index(v), first);
    if (random.unit() >= c.affected_fraction.value) return std::nullopt;
    const auto spread = static_cast<double>((c.jitter + c.spread).count());
    const auto offset = nanoseconds{static_cast<std::int64_t>(spread * random.unit())};
    const auto from = start_of(c, n) + offset;
    return condition_window{from, has_duration(c.type) ? from + sample(c.duration, random) : from};
}

bool applies_to(const condition& c, std::string_view segment) {
    return c.segments.empty() || std::ranges::count(c.segments, segment) != 0;
}

nanoseconds start_of(const condition& c, std::uint32_t n) {
    return c.start + std::int64_t{n} * c.interval.value_or(nanoseconds{0});
}

nanoseconds longest_span(const condition& c) {
    return (has_duration(c.type) ? practical_maximum(c.duration) : nanoseconds{0}) + c.jitter + c.spread;
}

std::uint32_t occurrence_count(const condition& c, nanoseconds load) {
    if (c.start >= load) return 0;
    if (!c.interval || c.interval->count() <= 0) return 1;
    return static_cast<std::uint32_t>((load - c.start - nanoseconds{1}) / *c.interval) + 1;
}

std::string_view to_string(kind k) {
    constexpr std::array<std::string_view, 10> names{"tunnel", "garage", "handover",       "halfOpen", "slow",
                                                     "lossy",  "outage", "reconnectStorm", "powerOn",  "spike"};
    return names[static_cast<std::size_t>(k)];
}

std::vector<validation_issue> check(const condition& c) {
    condition_validator all(c);
    if (c.name.empty()) all.add_issue("name", "a condition needs a name");
    all.check_times();
    all.check_values();
    return std::move(all).issues();
}

} // namespace loadsim::vehicle
