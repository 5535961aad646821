#include "selected.hpp"

#include <loadsim/vehicle/script.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::run {
namespace {
/// Before the first request: the vehicle is on line, and a capture shows how it came there.
constexpr nanoseconds lead = std::chrono::seconds{1};
/// After the vehicle's last step, for the platform to say what it makes of that.
constexpr nanoseconds follow_up = std::chrono::milliseconds{500};

/// How long the vehicle is at work on it: a word that is late is what some are played again for.
nanoseconds work_on(const shared_plan& plan, arrival_id a, vehicle_id who) {
    const auto due = plan.due_of({.id = a}, who);
    auto choices = vehicle::draws_of(plan.scenario.seed, a);
    nanoseconds all{0};
    for (const auto& step :
         vehicle::resolve(plan.behaviours[due.segment], plan.names.services[due.service], choices).actions)
        if (step.what == vehicle::step::kind::wait) all += step.lasts;
    return all;
}

} // namespace

result<selection> select(const scenario::document& scenario, vehicle_id who, std::vector<arrival_id> arrivals) {
    if (index(who) >= scenario.fleet.vehicles)
        return problems{"", fmt::format("the scenario has {} vehicles, and this would be the one at {}",
                                        scenario.fleet.vehicles, index(who))};
    if (arrivals.empty()) return problems{"", "no request is to be done again"};
    std::ranges::sort(arrivals);
    const auto words = scenario::learn(scenario);
    if (!words) return words.error();
    const shared_plan plan(scenario, *words);
    const auto& schedule = plan.schedule;
    if (number(arrivals.back()) >= schedule.size())
        return problems{"", fmt::format("the scenario's plan has {} requests, and none with the number {}; is it the "
                                        "scenario of that run?",
                                        schedule.size(), number(arrivals.back()))};
    selection chosen{.vehicle = who, .arrivals = std::move(arrivals)};
    load::schedule::cursor all(schedule);
    for (auto a = all.next(); a && a->id <= chosen.arrivals.back(); a = all.next()) {
        if (a->id == chosen.arrivals.front()) chosen.from = std::max(a->due - lead, nanoseconds{0});
        if (std::ranges::binary_search(chosen.arrivals, a->id))
            chosen.until = std::max(chosen.until, a->due + work_on(plan, a->id, who) + follow_up);
    }
    return chosen;
}

} // namespace loadsim::run
