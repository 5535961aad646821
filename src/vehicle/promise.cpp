#include "promise.hpp"

#include <set>

namespace loadsim::vehicle {
namespace {

/// All ways through some steps. Ways that promise the same are one, so that there are never more than a few.
struct ways {
    std::set<promise> going;
    std::set<promise> ended; ///< at a drop
};

void follow(const std::vector<step>& steps, ways& all);

template <class Change>
std::set<promise> changed(const std::set<promise>& before, Change change) {
    std::set<promise> after;
    for (auto p : before) {
        change(p);
        after.insert(p);
    }
    return after;
}

void fork(const std::vector<branch>& branches, ways& all) {
    std::set<promise> joined;
    for (const auto& b : branches) {
        if (!(b.weight > 0)) continue; // nobody takes it
        ways own{changed(all.going, [&](promise& p) { p.state(b.expected); }), {}};
        follow(b.steps, own);
        joined.merge(own.going);
        all.ended.merge(own.ended);
    }
    all.going = std::move(joined);
}

void follow(const std::vector<step>& steps, ways& all) {
    for (const auto& s : steps) {
        if (s.what == step::kind::say) all.going = changed(all.going, [&](promise& p) { p.hear(s.said); });
        if (s.what == step::kind::choose) fork(s.branches, all);
        if (s.what == step::kind::drop) all.ended.merge(std::exchange(all.going, {}));
    }
}

} // namespace

void promise::hear(const word& w) {
    if (decided_ || !w.is_final() || !w.is_plain()) return;
    decided_ = w.what == word::kind::executed ? outcome::executed : outcome::failed;
}

void promise::state(outcome_set expected) {
    if (!expected.empty()) stated_ = expected;
}

outcome_set promise::made() const {
    if (!stated_.empty()) return stated_;
    return decided_.value_or(outcome::timed_out);
}

outcome_set promised(const std::vector<step>& steps) {
    ways all{{promise{}}, {}};
    follow(steps, all);
    outcome_set sum;
    for (const auto& p : all.going) sum.add(p.made());
    for (const auto& p : all.ended) sum.add(p.made());
    return sum;
}

} // namespace loadsim::vehicle
