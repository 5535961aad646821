// A course with the calls before and after it.
#pragma once

#include "interrupts.hpp"
#include "part.hpp"
#include "parts.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/run/run.hpp>

#include <functional>
#include <string>

namespace loadsim::run {

/// Between calls nobody goes on once the run is to end.
std::function<bool()> asked_to_stop(const interrupts&);

/// The calls after the load. One that fails is told and no more: the run has its verdict already.
void call_after(part& own, const std::function<void(const std::string&)>& said);

struct course_end {
    result<void> how;     ///< what kept the load from starting
    bool cut_off = false; ///< there was no time to drain
};
/// `all`: the own part, or all ranks'. Blocks.
course_end take_whole_course(part& own, parts& all, interrupts&, const listener&, const time_source&);

} // namespace loadsim::run
