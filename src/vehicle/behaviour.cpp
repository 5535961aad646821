#include <loadsim/vehicle/behaviour.hpp>

#include "promise.hpp"

#include <loadsim/base/names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loadsim::vehicle {
namespace {

constexpr std::string_view by_the_generator =
    "a request is skipped by the generator, not by the platform: it cannot be expected";

/// Where a vehicle can be in its steps: on one way it may have left, on another not.
struct link {
    bool may_be_away = false;
    bool was_disturbed = false; ///< disconnected or taken over before: there is something to come back from
    bool goes_on = true;        ///< not all ways have ended at a drop
};

class inspection {
public:
    explicit inspection(const behaviour& b) : behaviour_(b) {}

    void look_at_steps(const std::vector<step>& steps, const std::string& path, link& at) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto place = fmt::format("{}[{}]", path, i);
            if (!at.goes_on) return wrong(place, "this step comes after drop, which ends the behaviour");
            look_at(steps[i], place, at);
        }
    }

    void look_at_delays() {
        for (const auto& [name, d] : behaviour_.delays) look_at_delay(d, "delays." + name);
        for (const auto& [service, delays] : behaviour_.services)
            for (const auto& [name, d] : delays) {
                const auto place = fmt::format("services.{}.{}", service, name);
                if (behaviour_.delays.contains(name))
                    look_at_delay(d, place);
                else
                    wrong(place, unknown_delay(name));
            }
    }

    void look_at_delay(const delay& d, std::string place) {
        if (auto text = vehicle::check(d); !text.empty()) wrong(std::move(place), std::move(text));
    }

    void wrong(std::string place, std::string text) { found_.push_back({std::move(place), std::move(text)}); }
    std::vector<finding> done() && { return std::move(found_); }

private:
    void look_at(const step& s, const std::string& place, link& at) {
        switch (s.what) {
        case step::kind::wait: return look_at_length(s, place + ".wait");
        case step::kind::say: return look_at_word(s.said, place, at);
        case step::kind::execute: return;
        case step::kind::drop: at.goes_on = false; return;
        case step::kind::disconnect:
            needs_session(place, at);
            at.may_be_away = at.was_disturbed = true;
            return;
        case step::kind::reconnect:
            if (!at.was_disturbed) wrong(place, "it is on line here: nothing before this disconnects it");
            at.may_be_away = false;
            return;
        case step::kind::takeover:
            needs_session(place, at);
            at.was_disturbed = true;
            return look_at_length(s, place + ".takeover");
        case step::kind::stall: needs_session(place, at); return look_at_length(s, place + ".stall");
        case step::kind::choose: return look_at_branches(s.branches, place + ".choose", at);
        }
    }

    void needs_session(const std::string& place, link& at) {
        if (!at.may_be_away) return;
        wrong(place, "the vehicle is off line here: it has to reconnect first");
        at.may_be_away = false; // told once
    }

    void look_at_word(const word& w, const std::string& place, link& at) {
        needs_session(place, at);
        if (w.what == word::kind::failed && w.code.empty()) wrong(place, "it fails without a code, such as door_open");
        if (w.what != word::kind::failed && !w.code.empty()) wrong(place, "only a failure has a code");
    }

    void look_at_length(const step& s, std::string place) {
        if (s.named.empty()) return look_at_delay(s.lasts, std::move(place));
        if (behaviour_.delays.contains(s.named)) return;
        wrong(std::move(place), unknown_delay(s.named));
    }

    void look_at_branches(const std::vector<branch>& branches, const std::string& place, link& at) {
        double sum = 0;
        link joined{.goes_on = false};
        for (std::size_t i = 0; i < branches.size(); ++i) {
            const auto& b = branches[i];
            const auto own = fmt::format("{}[{}]", place, i);
            sum += b.weight;
            if (!(b.weight >= 0)) wrong(own + ".weight", "a weight is not negative");
            if (b.expected.contains(outcome::skipped)) wrong(own + ".expect", std::string(by_the_generator));
            link way = at;
            look_at_steps(b.steps, own + ".steps", way);
            if (!(b.weight > 0) || !way.goes_on) continue;
            joined.goes_on = true;
            joined.may_be_away = joined.may_be_away || way.may_be_away;
            joined.was_disturbed = joined.was_disturbed || way.was_disturbed;
        }
        if (!(sum > 0) || !std::isfinite(sum))
            return wrong(place, "the weights of these branches add up to nothing, so none can be chosen");
        at = joined;
    }

    std::string unknown_delay(const std::string& name) const {
        std::vector<std::string_view> known;
        for (const auto& [known_name, ignored] : behaviour_.delays) known.push_back(known_name);
        if (known.empty()) return fmt::format("nothing is called '{}': the behaviour has no delays", name);
        return unknown_name("delay", name, known);
    }

    const behaviour& behaviour_;
    std::vector<finding> found_;
};

/// A vehicle that never hears a command.
void look_at_absence(const behaviour& b, inspection& all) {
    if (b.online && !b.credentials) return;
    if (!b.steps.empty())
        all.wrong("steps", b.credentials ? "a vehicle with wrong credentials is never let in, and takes no steps"
                                         : "a vehicle that is offline takes no steps");
    if (!b.online && b.credentials)
        all.wrong("online", "a vehicle that is offline signs in first, and with wrong credentials it cannot");
    if (b.asleep) all.wrong("asleep", "a vehicle that is offline, or never let in, cannot be woken");
}

} // namespace

outcome_set expected_of(const behaviour& b) {
    if (!b.online || b.credentials) return outcome::timed_out;
    return promised(b.steps);
}

std::vector<finding> check(const behaviour& b) {
    inspection all(b);
    if (b.name.empty()) all.wrong("", "a behaviour needs a name");
    if (b.expected.contains(outcome::skipped) && !expected_of(b).contains(outcome::skipped)) // else a branch says so
        all.wrong("expect", std::string(by_the_generator));
    look_at_absence(b, all);
    link at;
    all.look_at_steps(b.steps, "steps", at);
    all.look_at_delays();
    if (b.asleep) all.look_at_delay(b.asleep->takes, "asleep.takes");
    return std::move(all).done();
}

} // namespace loadsim::vehicle
