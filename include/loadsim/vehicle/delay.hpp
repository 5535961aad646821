// How long something takes.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace loadsim::vehicle {

/// How long something takes, as a distribution. Draws are cut off below 0 and above `most`.
struct delay {
    enum class kind : std::uint8_t { fixed, uniform, normal, lognormal };
    delay::kind shape = kind::fixed;
    nanoseconds a{0};                ///< fixed: the value; uniform: least; normal: mean; lognormal: median
    nanoseconds b{0};                ///< uniform: most; normal: standard deviation; lognormal: p99
    std::optional<nanoseconds> most; ///< cut-off: what would be longer takes exactly so long

    friend bool operator==(const delay&, const delay&) = default;
};

/// Never negative. Takes 0 (fixed), 1 (uniform) or 2 draws. Normal and lognormal by Box-Muller; the lognormal's sigma
/// is ln(p99 / median) / 2.3263478740, the 99 % point of the standard normal.
nanoseconds sample(const delay&, draws&) noexcept;

/// What is wrong with its figures, half a sentence; empty: nothing.
std::string check(const delay&);

} // namespace loadsim::vehicle
