#include <loadsim/cluster/place.hpp>

#include <cstdlib>

namespace loadsim::cluster {

bool launched() {
    return launched([](const char* name) { return std::getenv(name); });
}

bool launched(const std::function<const char*(const char*)>& variable) {
    // Not PMIX_NAMESPACE and the like: daemons and batch scripts have those too. Under Slurm without --mpi=pmix there is
    // no PMIX_RANK, and each task is a run of its own.
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK"})
        if (const char* value = variable(name); value != nullptr && *value != '\0') return true;
    return false;
}

} // namespace loadsim::cluster
