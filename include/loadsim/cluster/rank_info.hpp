// MPI rank of this process.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace loadsim::cluster {

/// Rank of this process and number of ranks.
struct rank_info {
    std::uint32_t index = 0;
    std::uint32_t count = 1;
    std::uint32_t ranks_on_host = 1; ///< ranks on this host, including this one
    std::string host;

    friend bool operator==(const rank_info&, const rank_info&) = default;
};

/// True: an MPI launcher started this process: mpirun (also with one rank), Slurm's srun --mpi=pmix, a Kubernetes MPIJob.
/// Reads the environment only; does not initialize MPI.
bool launched_by_mpi();

/// The same for any environment. `variable` returns a variable's value, nullptr if unset.
bool launched_by_mpi(const std::function<const char*(const char*)>& variable);

} // namespace loadsim::cluster
