// Which rank of a run this process is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace loadsim::cluster {

/// A rank's place in the run.
struct place {
    std::uint32_t index = 0;
    std::uint32_t count = 1;
    std::uint32_t here = 1; ///< ranks on this host, this one with them
    std::string host;

    friend bool operator==(const place&, const place&) = default;
};

/// Whether a launcher started this process as a rank: mpirun (also as the only one), Slurm's srun --mpi=pmix, an MPIJob of
/// Kubernetes. Reads the environment only; MPI stays untouched.
bool launched();

/// The same of any environment. `variable` gives a variable's value, or nullptr where it is not set.
bool launched(const std::function<const char*(const char*)>& variable);

} // namespace loadsim::cluster
