// Steps written short.
#pragma once

#include <loadsim/vehicle/behaviour.hpp>

#include <string>
#include <utility>
#include <vector>

namespace loadsim::vehicle {

inline step wait_for(delay d) {
    step s;
    s.lasts = d;
    return s;
}
inline step wait_for(nanoseconds d) { return wait_for(delay{delay::kind::fixed, d, {}, {}}); }
inline step wait_for(std::string name) {
    step s;
    s.named = std::move(name);
    return s;
}
inline step say(word::kind what, std::string code = {}) {
    step s;
    s.what = step::kind::say;
    s.said.what = what;
    s.said.code = std::move(code);
    return s;
}
inline step plain(step::kind what, nanoseconds lasts = {}) {
    step s;
    s.what = what;
    s.lasts.a = lasts;
    return s;
}
inline step part(parting way) {
    step s;
    s.what = step::kind::disconnect;
    s.way = way;
    return s;
}
inline step choose(std::vector<branch> branches) {
    step s;
    s.what = step::kind::choose;
    s.branches = std::move(branches);
    return s;
}
inline branch one(double weight, std::vector<step> steps, outcome_set expected = {}) {
    return {weight, std::move(steps), expected};
}

inline const step ack = say(word::kind::ack);
inline const step running = say(word::kind::running);
inline const step executed = say(word::kind::executed);
inline const step failed = say(word::kind::failed, "door_open");
inline const step drop = plain(step::kind::drop);
inline const step execute = plain(step::kind::execute);
inline const step reconnect = plain(step::kind::reconnect);

/// Named, and with what its steps say.
inline behaviour doing(std::vector<step> steps) {
    behaviour b;
    b.name = "b";
    b.steps = std::move(steps);
    b.expected = expected_of(b);
    return b;
}

} // namespace loadsim::vehicle
