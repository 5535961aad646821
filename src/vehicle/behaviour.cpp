#include <loadsim/vehicle/behaviour.hpp>

#include "expected_outcome.hpp"

#include <loadsim/base/spelling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadsim::vehicle {
namespace {

constexpr std::string_view skipped_not_expectable =
    "a request is skipped by the generator, not by the platform: it cannot be expected";

/// Possible session states of a vehicle at one step, over all branches.
struct session_states {
    bool may_be_disconnected = false;
    bool was_interrupted = false; ///< after a disconnect or takeover: `reconnect` is allowed
    bool continues = true;        ///< false: all branches have ended at `drop`
};

class behaviour_validator {
public:
    explicit behaviour_validator(const behaviour& b) : behaviour_(b) {}

    void check_steps(const std::vector<step>& steps, const std::string& path, session_states& session) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto where = fmt::format("{}[{}]", path, i);
            if (!session.continues) return add_issue(where, "this step comes after drop, which ends the behaviour");
            check_step(steps[i], where, session);
        }
    }

    void check_delays() {
        for (const auto& [name, d] : behaviour_.delays) check_delay(d, "delays." + name);
        for (const auto& [service, delays] : behaviour_.services)
            for (const auto& [name, d] : delays) {
                const auto where = fmt::format("services.{}.{}", service, name);
                if (behaviour_.delays.contains(name))
                    check_delay(d, where);
                else
                    add_issue(where, unknown_delay(name));
            }
    }

    void check_delay(const delay& d, std::string where) {
        if (auto text = vehicle::check(d); !text.empty()) add_issue(std::move(where), std::move(text));
    }

    void add_issue(std::string where, std::string text) { issues_.push_back({std::move(where), std::move(text)}); }
    std::vector<validation_issue> issues() && { return std::move(issues_); }

private:
    void check_step(const step& s, const std::string& where, session_states& session) {
        switch (s.type) {
        case step::kind::wait: return check_duration(s, where + ".wait");
        case step::kind::respond: return check_response(s.response, where, session);
        case step::kind::execute: return;
        case step::kind::drop: session.continues = false; return;
        case step::kind::disconnect:
            require_session(where, session);
            session.may_be_disconnected = session.was_interrupted = true;
            return;
        case step::kind::reconnect:
            if (!session.was_interrupted)
                add_issue(where, "the vehicle is online here: no earlier step disconnects it");
            session.may_be_disconnected = false;
            return;
        case step::kind::takeover:
            require_session(where, session);
            session.was_interrupted = true;
            return check_duration(s, where + ".takeover");
        case step::kind::stall: require_session(where, session); return check_duration(s, where + ".stall");
        case step::kind::ask: return; // the answer is checked when it is there
        case step::kind::choose: return check_branches(s.branches, where + ".choose", session);
        }
    }

    void require_session(const std::string& where, session_states& session) {
        if (!session.may_be_disconnected) return;
        add_issue(where, "the vehicle is offline here: it has to reconnect first");
        session.may_be_disconnected = false; // reported once
    }

    void check_response(const response_step& response, const std::string& where, session_states& session) {
        require_session(where, session);
        if (response.type == response_step::kind::failed && response.code.empty())
            add_issue(where, "it fails without a code, such as door_open");
        if (response.type != response_step::kind::failed && !response.code.empty())
            add_issue(where, "only a failure has a code");
    }

    void check_duration(const step& s, std::string where) {
        if (s.delay_name.empty()) return check_delay(s.duration, std::move(where));
        if (behaviour_.delays.contains(s.delay_name)) return;
        add_issue(std::move(where), unknown_delay(s.delay_name));
    }

    void check_branches(const std::vector<branch>& branches, const std::string& where, session_states& session) {
        double sum = 0;
        session_states joined{.continues = false};
        for (std::size_t i = 0; i < branches.size(); ++i) {
            const auto& b = branches[i];
            const auto own = fmt::format("{}[{}]", where, i);
            sum += b.weight;
            if (!(b.weight >= 0)) add_issue(own + ".weight", "a weight is not negative");
            if (b.expected.contains(outcome::skipped)) add_issue(own + ".expect", std::string(skipped_not_expectable));
            session_states branch_session = session;
            check_steps(b.steps, own + ".steps", branch_session);
            if (!(b.weight > 0) || !branch_session.continues) continue;
            joined.continues = true;
            joined.may_be_disconnected = joined.may_be_disconnected || branch_session.may_be_disconnected;
            joined.was_interrupted = joined.was_interrupted || branch_session.was_interrupted;
        }
        if (!(sum > 0) || !std::isfinite(sum))
            return add_issue(where, "the weights of these branches add up to nothing, so none can be chosen");
        session = joined;
    }

    std::string unknown_delay(const std::string& name) const {
        std::vector<std::string_view> known;
        for (const auto& [known_name, ignored] : behaviour_.delays) known.push_back(known_name);
        if (known.empty()) return fmt::format("nothing is called '{}': the behaviour has no delays", name);
        return unknown_name("delay", name, known);
    }

    const behaviour& behaviour_;
    std::vector<validation_issue> issues_;
};

/// Checks vehicles that never receive a command: offline, or with wrong credentials.
void check_offline(const behaviour& b, behaviour_validator& all) {
    if (b.online && !b.credentials) return;
    if (!b.steps.empty() && !b.program) // of a program check() reports it
        all.add_issue("steps", b.credentials
                                   ? "a vehicle with wrong credentials is rejected by the broker, and takes no steps"
                                   : "a vehicle that is offline takes no steps");
    if (!b.online && b.credentials)
        all.add_issue("online", "a vehicle that is offline connects first, and with wrong credentials it cannot");
    if (b.asleep) all.add_issue("asleep", "a vehicle that is offline, or rejected by the broker, cannot be woken");
}

} // namespace

outcome_set expected_of(const behaviour& b) {
    if (!b.online || b.credentials) return outcome::timed_out;
    return expected_outcomes(b.steps);
}

std::vector<validation_issue> check(const behaviour& b) {
    behaviour_validator all(b);
    if (b.name.empty()) all.add_issue("", "a behaviour needs a name");
    if (b.expected.contains(outcome::skipped) &&
        !expected_of(b).contains(outcome::skipped)) // otherwise reported for the branch
        all.add_issue("expect", std::string(skipped_not_expectable));
    check_offline(b, all);
    session_states session;
    all.check_steps(b.steps, "steps", session);
    all.check_delays();
    if (b.program) {
        if (b.program->path.empty()) all.add_issue("exec", "which program? write exec: ./car.py");
        if (!b.online || b.credentials)
            all.add_issue("exec", "the vehicle receives no command that a program could be asked about");
    }
    if (b.asleep) all.check_delay(b.asleep->wakeup_delay, "asleep.takes");
    return std::move(all).issues();
}

} // namespace loadsim::vehicle
