#include "expected_outcome.hpp"

#include <set>
#include <utility>

namespace loadsim::vehicle {
namespace {

/// Expected outcomes of all paths through some steps. Equal paths are merged, so the sets stay small.
struct outcome_paths {
    std::set<expected_outcome> open;
    std::set<expected_outcome> finished; ///< ended at `drop`
};

void apply_steps(const std::vector<step>& steps, outcome_paths& all);

template <class Change>
std::set<expected_outcome> transformed(const std::set<expected_outcome>& before, Change change) {
    std::set<expected_outcome> after;
    for (auto p : before) {
        change(p);
        after.insert(p);
    }
    return after;
}

void apply_branches(const std::vector<branch>& branches, outcome_paths& all) {
    std::set<expected_outcome> joined;
    for (const auto& b : branches) {
        if (!(b.weight > 0)) continue; // never chosen
        outcome_paths own{transformed(all.open, [&](expected_outcome& p) { p.set_configured(b.expected); }), {}};
        apply_steps(b.steps, own);
        joined.merge(own.open);
        all.finished.merge(own.finished);
    }
    all.open = std::move(joined);
}

/// Steps that only the answer of a program tells: any outcome of a vehicle.
void apply_unknown_steps(outcome_paths& all) {
    std::set<expected_outcome> joined;
    for (const auto end : {outcome::executed, outcome::failed, outcome::timed_out})
        joined.merge(transformed(all.open, [end](expected_outcome& p) { p.set_configured(end); }));
    all.open = std::move(joined);
}

void apply_steps(const std::vector<step>& steps, outcome_paths& all) {
    for (const auto& s : steps) {
        if (s.type == step::kind::respond)
            all.open = transformed(all.open, [&](expected_outcome& p) { p.add_response(s.response); });
        if (s.type == step::kind::choose) apply_branches(s.branches, all);
        if (s.type == step::kind::ask) apply_unknown_steps(all);
        if (s.type == step::kind::drop) all.finished.merge(std::exchange(all.open, {}));
    }
}

} // namespace

void expected_outcome::add_response(const response_step& response) {
    if (decided_ || !response.is_final() || !response.is_well_formed()) return;
    decided_ = response.type == response_step::kind::executed ? outcome::executed : outcome::failed;
}

void expected_outcome::set_configured(outcome_set expected) {
    if (!expected.empty()) configured_ = expected;
}

outcome_set expected_outcome::outcomes() const {
    if (!configured_.empty()) return configured_;
    return decided_.value_or(outcome::timed_out);
}

outcome_set expected_outcomes(const std::vector<step>& steps) {
    outcome_paths all{{expected_outcome{}}, {}};
    apply_steps(steps, all);
    outcome_set sum;
    for (const auto& p : all.open) sum.add(p.outcomes());
    for (const auto& p : all.finished) sum.add(p.outcomes());
    return sum;
}

} // namespace loadsim::vehicle
