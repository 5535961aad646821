// What a vehicle does with a command, as data.
#pragma once

#include <loadsim/base/draw.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/time.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// One step of a behaviour.
struct step {
    enum class kind : std::uint8_t {
        wait,     ///< let `after` pass
        ack,      ///< acknowledge the command
        running,  ///< report progress
        executed, ///< final word: done
        failed,   ///< final word: not done, because of `code`
    };
    step::kind what = kind::wait;
    delay after{};    ///< of wait
    std::string code; ///< of failed

    friend bool operator==(const step&, const step&) = default;
};

/// What a vehicle does when a command reaches it, and what a correct platform makes of that.
struct behaviour {
    std::string name;
    bool online = true; ///< false: leaves before the load starts; requests to it are sent all the same
    std::vector<step> steps;
    outcome expected = outcome::executed;

    friend bool operator==(const behaviour&, const behaviour&) = default;
};

/// What the scenario language calls by these names unless it defines its own:
/// success (acknowledges, works, has executed), failure (acknowledges, then fails: door_open), timeout (gets the
/// command and says nothing), offline (never connects).
const std::vector<behaviour>& built_in_behaviours();

/// What a correct platform makes of these steps: the first final word decides; silence is timed_out.
outcome expected_of(bool online, const std::vector<step>&);

/// Sentences about a behaviour that makes no sense: a step after the final word, a failure without a code, an offline
/// vehicle with steps, a delay whose figures contradict each other, an expectation that is the generator's own doing.
/// Empty: usable. A final word without an acknowledgement is usable: platforms get that too.
std::vector<std::string> check(const behaviour&);

} // namespace loadsim::vehicle
