// MPI channel: the message channel between the ranks of a run, over MPI, which is loaded when it is used.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/channel.hpp>

#include <memory>

namespace loadsim::cluster {

/// Loads the module with the MPI channel, and Open MPI with it; does not initialize MPI.
/// Errors: the module is not there (a build without MPI); Open MPI is not installed.
result<void> load_mpi();

/// Loads and initializes MPI; returns once all ranks have. Call only if launched_by_mpi(), and once per process: MPI cannot be
/// initialized twice.
///
/// The channel's send() and receive() start transfers and test their progress. Transfers progress only during receive() and
/// progress(), so both ends call these from a timer. A text of 1 GiB or more sets error(). The destructor completes pending
/// transfers for at most a second, then finalizes MPI, which blocks until all ranks do.
/// Errors:  as load_mpi(); MPI cannot be initialized. After the first error of the channel this rank exits without MPI_Finalize,
///          and the launcher terminates the others.
/// Threads: the channel is used by the thread that called this.
result<std::unique_ptr<channel>> join_ranks();

} // namespace loadsim::cluster
