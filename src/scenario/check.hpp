// The parts of check(): each says what is wrong with its part, by path.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <string_view>

namespace loadsim::scenario {

void check_target(const document&, problems&);
void check_fleet(const document&, problems&);
void check_load(const document&, problems&);

/// a-z, then a-z, 0-9 and '-': a level of a topic and of a URL.
bool is_service_name(std::string_view);

} // namespace loadsim::scenario
