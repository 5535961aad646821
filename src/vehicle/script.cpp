#include <loadsim/vehicle/script.hpp>

#include "promise.hpp"

#include <algorithm>

namespace loadsim::vehicle {
namespace {

const delay& delay_of(const behaviour& b, std::string_view service, const step& s) {
    if (s.named.empty()) return s.lasts;
    static const delay none{};
    if (const auto own = b.services.find(std::string(service)); own != b.services.end())
        if (const auto found = own->second.find(s.named); found != own->second.end()) return found->second;
    const auto found = b.delays.find(s.named);
    return found == b.delays.end() ? none : found->second; // check() has refused a name that nobody defined
}

/// Nullptr: there is none, which check() has refused.
const branch* chosen(const std::vector<branch>& all, draws& random) {
    double sum = 0;
    for (const auto& b : all) sum += b.weight;
    double left = random.unit() * sum;
    const branch* last = nullptr; // rounding may leave a little
    for (const auto& b : all) {
        if (!(b.weight > 0)) continue;
        last = &b;
        if (left < b.weight) break;
        left -= b.weight;
    }
    return last;
}

bool has_choice(const std::vector<step>& steps) {
    return std::ranges::any_of(steps, [](const step& s) { return s.what == step::kind::choose; });
}

class walk {
public:
    walk(const behaviour& b, std::string_view service, draws& random)
        : behaviour_(b), service_(service), random_(random) {}

    /// False: it has ended at a drop.
    bool take(const std::vector<step>& steps) {
        for (const auto& s : steps) {
            if (s.what == step::kind::choose) {
                const auto* one = chosen(s.branches, random_);
                if (one == nullptr) continue;
                promise_.state(one->expected);
                if (!take(one->steps)) return false;
                continue;
            }
            action a{.what = s.what, .said = s.what == step::kind::say ? &s.said : nullptr, .way = s.way};
            if (s.what == step::kind::wait || s.what == step::kind::takeover || s.what == step::kind::stall)
                a.lasts = sample(delay_of(behaviour_, service_, s), random_);
            if (a.said != nullptr) promise_.hear(*a.said);
            made_.push_back(a);
            if (s.what == step::kind::drop) return false;
        }
        return true;
    }

    script done() && {
        const auto expected = promise();
        return {std::move(made_), expected};
    }

private:
    /// A branch that says what it promises counts; else the behaviour's own word where it says more than its steps do.
    outcome_set promise() const {
        if (!promise_.stated().empty()) return promise_.stated();
        const bool by_steps = has_choice(behaviour_.steps) && behaviour_.expected == expected_of(behaviour_);
        return by_steps || behaviour_.expected.empty() ? promise_.made() : behaviour_.expected;
    }

    const behaviour& behaviour_;
    std::string_view service_;
    draws& random_;
    std::vector<action> made_;
    vehicle::promise promise_;
};

} // namespace

script resolve(const behaviour& b, std::string_view service, draws& random) {
    walk w(b, service, random);
    w.take(b.steps);
    return std::move(w).done();
}

outcome_set expected_of(const behaviour& b, std::string_view service, draws random) {
    return has_choice(b.steps) ? resolve(b, service, random).expected : b.expected;
}

} // namespace loadsim::vehicle
