// Run plan from the text of a scenario.
#pragma once

#include "run_plan.hpp"

#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/read.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace loadsim::run {

struct plan_from_text {
    explicit plan_from_text(std::string_view yaml, std::optional<replay_selection> replay = {})
        : scenario(scenario::read(yaml, "test.yaml").value()), compiled(scenario::compile(scenario).value()),
          plan(scenario, compiled, std::move(replay)) {}
    plan_from_text(const plan_from_text&) = delete;

    const scenario::scenario_config scenario;
    const scenario::compiled_scenario compiled;
    run_plan plan;
};

} // namespace loadsim::run
