// The plan of a run, written out: who is asked for what and when, what each vehicle will choose, and what befalls whom.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace loadsim::run {

/// The names of the columns of write_plan() and of write_strikes().
std::string plan_header();
std::string strikes_header();

/// A line without its end for each arrival that falls to a vehicle of the share, in order: arrival, due (s), VIN, segment, behaviour,
/// service, phase, expected outcome, and the steps with their delays; columns are parted by tabs. What happens in a run differs from
/// that only where a vehicle is busy or away when its turn comes: then another one takes its place (docs/decisions/0005).
/// The scenario is one that scenario::read() has found nothing wrong with.
/// The same scenario and seed: the same lines byte by byte, however the fleet is divided.
void write_plan(const scenario::document&, shard_share,
                const std::function<void(arrival_id, const std::string& line)>&);

/// The same of conditions: a line for each vehicle that one befalls: condition, occurrence, from (s), until (s), VIN. By vehicle.
void write_strikes(const scenario::document&, shard_share,
                   const std::function<void(vehicle_id, const std::string& line)>&);

} // namespace loadsim::run
