// What a correct platform makes of a vehicle's words.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <compare>
#include <optional>
#include <vector>

namespace loadsim::vehicle {

/// Of one way through a behaviour's steps, so far.
class promise {
public:
    /// The first final word that a platform can take decides.
    void hear(const word&);
    /// What the scenario says of who comes by here; the last one counts. Empty: nothing.
    void state(outcome_set expected);
    outcome_set stated() const { return stated_; }
    /// What was stated, else what was decided; silence is timed_out.
    outcome_set made() const;
    friend auto operator<=>(const promise&, const promise&) = default;

private:
    std::optional<outcome> decided_;
    outcome_set stated_;
};

/// The promises of all ways through these steps.
outcome_set promised(const std::vector<step>&);

} // namespace loadsim::vehicle
