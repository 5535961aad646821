// Entry point of libloadsim_mpi.so, the module with the MPI channel.
#pragma once

#include <loadsim/cluster/channel.hpp>

#include <string>

/// What join_ranks() calls in the module. The caller deletes the channel. Null: `error` has the sentence.
extern "C" loadsim::cluster::channel* loadsim_join_ranks(std::string& error);
