// Answers of external programs about commands, in the words of a behaviour in YAML.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/vehicle/behaviour.hpp>

#include <boost/json/fwd.hpp>

namespace loadsim::scenario {

/// {"id": 17, "steps": [...], "expect": ...}: steps, and outcomes with a correct platform; without `expect` they follow from the steps.
/// Errors: the first one, with its place: "steps[1].wait: ...".
result<vehicle::behaviour> read_program_answer(const boost::json::object&);

} // namespace loadsim::scenario
