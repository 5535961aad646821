#include <loadsim/vehicle/resolved_behaviour.hpp>

#include "expected_outcome.hpp"

#include <algorithm>

namespace loadsim::vehicle {
namespace {

const delay& delay_of(const behaviour& b, std::string_view service, const step& s) {
    if (s.delay_name.empty()) return s.duration;
    static const delay none{};
    if (const auto own = b.services.find(std::string(service)); own != b.services.end())
        if (const auto found = own->second.find(s.delay_name); found != own->second.end()) return found->second;
    const auto found = b.delays.find(s.delay_name);
    return found == b.delays.end() ? none : found->second; // check() rejects undefined names
}

/// Branch chosen by weight; nullptr: no positive weight, which check() rejects.
const branch* choose_branch(const std::vector<branch>& all, random_stream& random) {
    double sum = 0;
    for (const auto& b : all) sum += b.weight;
    double left = random.unit() * sum;
    const branch* last = nullptr; // rounding may leave a remainder
    for (const auto& b : all) {
        if (!(b.weight > 0)) continue;
        last = &b;
        if (left < b.weight) break;
        left -= b.weight;
    }
    return last;
}

bool has_choice(const std::vector<step>& steps) {
    return std::ranges::any_of(steps, [](const step& s) { return s.type == step::kind::choose; });
}

class resolver {
public:
    resolver(const behaviour& b, std::string_view service, random_stream& random)
        : behaviour_(b), service_(service), random_(random) {}

    /// False: ended at `drop`.
    bool add_steps(const std::vector<step>& steps) {
        for (const auto& s : steps) {
            if (s.type == step::kind::choose) {
                const auto* one = choose_branch(s.branches, random_);
                if (one == nullptr) continue;
                expected_outcome_.set_configured(one->expected);
                if (!add_steps(one->steps)) return false;
                continue;
            }
            resolved_step a{.type = s.type,
                            .response = s.type == step::kind::respond ? &s.response : nullptr,
                            .disconnect = s.disconnect};
            if (s.type == step::kind::wait || s.type == step::kind::takeover || s.type == step::kind::stall)
                a.duration = sample(delay_of(behaviour_, service_, s), random_);
            if (a.response != nullptr) expected_outcome_.add_response(*a.response);
            steps_.push_back(a);
            if (s.type == step::kind::drop) return false;
        }
        return true;
    }

    resolved_behaviour finish() && {
        const auto expected = outcomes();
        return {std::move(steps_), expected, &behaviour_};
    }

private:
    /// Outcomes configured for the chosen branch; else those of the behaviour, if configured; else those of the resolved steps.
    outcome_set outcomes() const {
        if (!expected_outcome_.configured().empty()) return expected_outcome_.configured();
        const bool by_steps = has_choice(behaviour_.steps) && behaviour_.expected == expected_of(behaviour_);
        return by_steps || behaviour_.expected.empty() ? expected_outcome_.outcomes() : behaviour_.expected;
    }

    const behaviour& behaviour_;
    std::string_view service_;
    random_stream& random_;
    std::vector<resolved_step> steps_;
    vehicle::expected_outcome expected_outcome_;
};

} // namespace

resolved_behaviour resolve(const behaviour& b, std::string_view service, random_stream& random) {
    resolver w(b, service, random);
    w.add_steps(b.steps);
    return std::move(w).finish();
}

outcome_set expected_of(const behaviour& b, std::string_view service, random_stream random) {
    return has_choice(b.steps) ? resolve(b, service, random).expected : b.expected;
}

} // namespace loadsim::vehicle
