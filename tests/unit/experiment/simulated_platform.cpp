#include "simulated_platform.hpp"

#include <loadsim/base/units.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace loadsim;
using namespace loadsim::experiment;
using namespace std::chrono_literals;

namespace simulated {
namespace {

nanoseconds from_seconds(double value) { return nanoseconds(std::llround(value * 1e9)); }

} // namespace

step_measurement platform::measure(const planned_step& step) {
    step_measurement made{.step = step, .measured = step.measured, .achieved = step.load, .lag_limit = 100ms};
    const auto count = static_cast<std::uint64_t>(step.load * seconds(step.measured));
    const auto is_late = step.load > generator_limit;
    std::uniform_real_distribution<double> uniform(0, 1);
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto at = (static_cast<double>(i) + 0.5) / static_cast<double>(count);
        const auto share = is_noisy ? uniform(random) : at;
        const auto overload = std::max(0.0, step.load / service_rate - 1);
        const auto served = step.load < service_rate ? -std::log(1 - share) / (service_rate - step.load)
                                                     : 1 + at * seconds(step.measured) * overload;
        const auto lag = is_late ? 500ms : 50us;
        const auto e2e = fixed + from_seconds(served);
        made.sum.latencies.record(measure::hop::lag, 0, 0, lag);
        made.sum.latencies.record(measure::hop::e2e, 0, 0, e2e + lag);
        made.sum.latencies_from_begun.record(measure::hop::e2e, 0, 0, e2e);
    }
    auto& requests = made.sum.requests;
    requests.due = requests.sent = count;
    requests.outcomes[static_cast<std::size_t>(outcome::executed)] = count;
    requests.unexpected = unexpected_from != 0 && step.load >= unexpected_from ? count / 2 : 0;
    made.sum.loop_delay.record(100us, 100);
    if (change) change(made);
    return made;
}

double platform::capacity_for(nanoseconds p99) const { return service_rate - std::log(100) / seconds(p99); }

verdict::budget budget(std::string_view expression) {
    auto parsed = verdict::parse_budget(expression);
    EXPECT_TRUE(parsed.has_value()) << expression;
    return parsed ? *parsed : verdict::budget{};
}

std::vector<verdict::budget> budgets(const std::vector<std::string>& expressions) {
    std::vector<verdict::budget> all;
    for (const auto& one : expressions) all.push_back(budget(one));
    return all;
}

capacity_options options() {
    return {.metric = load_metric::rate, .start = 100, .at_most = 100'000, .total_at_most = 24h};
}

std::vector<planned_step> run(capacity_search& search, platform& p) {
    std::vector<planned_step> steps;
    while (const auto step = search.next()) {
        steps.push_back(*step);
        search.add(p.measure(*step));
        if (steps.size() == 100) {
            ADD_FAILURE() << "the search does not end";
            break;
        }
    }
    return steps;
}

} // namespace simulated
