// Random delays: distributions and sampling.
#pragma once

#include <loadsim/base/random.hpp>
#include <loadsim/base/time.hpp>

#include <optional>
#include <string>

namespace loadsim::vehicle {

/// Distribution of a duration. Samples are clamped to 0 and `max`.
struct delay {
    using kind = distribution_kind;
    delay::kind distribution = kind::fixed;
    nanoseconds a{0};               ///< fixed: value; uniform: minimum; normal: mean; lognormal: median
    nanoseconds b{0};               ///< uniform: maximum; normal: standard deviation; lognormal: p99
    std::optional<nanoseconds> max; ///< upper limit: longer samples are clamped to this

    friend bool operator==(const delay&, const delay&) = default;
};

/// Never negative. See draw() for the number of random numbers.
nanoseconds sample(const delay&, random_stream&) noexcept;

/// Validation issue as half a sentence; empty: valid.
std::string check(const delay&);

} // namespace loadsim::vehicle
