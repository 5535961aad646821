// Rank handshake: comparison of the ranks' join requests before a distributed run.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/rank_messages.hpp>

#include <string>
#include <vector>

namespace loadsim::run {

/// Join request of one rank.
struct rank_join_request {
    std::string rank_name; ///< "rank 3 on node-b"
    cluster::join_request join_request;
};

/// Mismatches that keep these ranks from running together; empty: none. Pure.
problems rank_mismatches(const cluster::join_request& own, const std::vector<rank_join_request>& others);

/// The first line in which two texts differ: "line 4: 'vehicles: 10' here and 'vehicles: 20' there". Pure.
std::string first_difference(const std::string& here, const std::string& there);

} // namespace loadsim::run
