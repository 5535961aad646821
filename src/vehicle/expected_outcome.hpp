// Expected outcome of a behaviour: the outcome that a correct platform reports for the vehicle's responses.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <compare>
#include <optional>
#include <vector>

namespace loadsim::vehicle {

/// Expected outcome of one path through a behaviour's steps, built step by step.
class expected_outcome {
public:
    /// The first well-formed final response decides.
    void add_response(const response_step&);
    /// Outcomes configured for a branch of this path; the last call wins. Empty: ignored.
    void set_configured(outcome_set expected);
    outcome_set configured() const { return configured_; }
    /// The configured outcomes, else the decided outcome; without a final response, timed_out.
    outcome_set outcomes() const;
    friend auto operator<=>(const expected_outcome&, const expected_outcome&) = default;

private:
    std::optional<outcome> decided_;
    outcome_set configured_;
};

/// Union of the expected outcomes of all paths through these steps.
outcome_set expected_outcomes(const std::vector<step>&);

} // namespace loadsim::vehicle
