// Builders for steps and behaviours in tests.
#pragma once

#include <loadsim/vehicle/behaviour.hpp>

#include <string>
#include <utility>
#include <vector>

namespace loadsim::vehicle {

inline step wait_for(delay d) {
    step s;
    s.duration = d;
    return s;
}
inline step wait_for(nanoseconds d) { return wait_for(delay{delay::kind::fixed, d, {}, {}}); }
inline step wait_for(std::string name) {
    step s;
    s.delay_name = std::move(name);
    return s;
}
inline step respond_with(response_step::kind what, std::string code = {}) {
    step s;
    s.type = step::kind::respond;
    s.response.type = what;
    s.response.code = std::move(code);
    return s;
}
inline step simple_step(step::kind what, nanoseconds lasts = {}) {
    step s;
    s.type = what;
    s.duration.a = lasts;
    return s;
}
inline step disconnect_with(disconnect_kind kind) {
    step s;
    s.type = step::kind::disconnect;
    s.disconnect = kind;
    return s;
}
inline step choose(std::vector<branch> branches) {
    step s;
    s.type = step::kind::choose;
    s.branches = std::move(branches);
    return s;
}
inline branch weighted(double weight, std::vector<step> steps, outcome_set expected = {}) {
    return {weight, std::move(steps), expected};
}

inline const step ack = respond_with(response_step::kind::ack);
inline const step running = respond_with(response_step::kind::running);
inline const step executed = respond_with(response_step::kind::executed);
inline const step failed = respond_with(response_step::kind::failed, "door_open");
inline const step drop = simple_step(step::kind::drop);
inline const step execute = simple_step(step::kind::execute);
inline const step reconnect = simple_step(step::kind::reconnect);

/// Behaviour with a name and the expected outcomes of its steps.
inline behaviour with_steps(std::vector<step> steps) {
    behaviour b;
    b.name = "b";
    b.steps = std::move(steps);
    b.expected = expected_of(b);
    return b;
}

} // namespace loadsim::vehicle
