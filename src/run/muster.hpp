// Before a run of several ranks: do all of them mean the same run?
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/letters.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::run {

/// What one rank said.
struct greeting {
    std::string from; ///< "rank 3 on node-b"
    cluster::hello said;
};

/// What keeps these ranks from running together; empty: nothing. Pure.
problems disagreements(const cluster::hello& own, const std::vector<greeting>& others);

/// The first line in which two texts differ: "line 4: 'vehicles: 10' here and 'vehicles: 20' there". Pure.
std::string first_difference(const std::string& here, const std::string& there);

} // namespace loadsim::run
