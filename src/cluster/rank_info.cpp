#include <loadsim/cluster/rank_info.hpp>

#include <cstdlib>

namespace loadsim::cluster {

bool launched_by_mpi() {
    return launched_by_mpi([](const char* name) { return std::getenv(name); });
}

bool launched_by_mpi(const std::function<const char*(const char*)>& variable) {
    // Not PMIX_NAMESPACE or similar: daemons and batch scripts have these too. Slurm without --mpi=pmix sets no PMIX_RANK; each
    // task is then an independent run.
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK"})
        if (const char* value = variable(name); value != nullptr && *value != '\0') return true;
    return false;
}

} // namespace loadsim::cluster
