// Whether a contract fits what was said: which pointer found nothing, which state is no end.
#pragma once

#include <loadsim/run/probe.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/scenario/vocabulary.hpp>

#include <vector>

namespace loadsim::run {

/// In the order of a request's way: the API's answer, the command, the vehicle's words, each observer. Pure.
std::vector<fitting> look_at_fit(const scenario::document&, const scenario::vocabulary&, const std::vector<utterance>&);

} // namespace loadsim::run
