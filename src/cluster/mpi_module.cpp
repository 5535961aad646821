// Loads the module with the MPI channel: a process that is no rank and launches none runs without Open MPI.
#include "mpi_module.hpp"

#include <loadsim/cluster/mpi_channel.hpp>

#include <fmt/format.h>

#include <dlfcn.h>

#include <filesystem>
#include <system_error>

namespace loadsim::cluster {
namespace {

constexpr const char* module_name = "libloadsim_mpi.so";

using join_function = decltype(&loadsim_join_ranks);

result<join_function> load_module() {
    std::error_code error;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path(); // as built
    const auto installed = beside.parent_path() / "lib/loadsim";
    auto file = beside / module_name;
    if (!exists(file, error)) file = installed / module_name;
    if (!exists(file, error))
        return problems{"MPI", fmt::format("ranks need {}, which is neither in {} nor in {}; install it, or build with "
                                           "-DLOADSIM_MPI=ON",
                                           module_name, beside.string(), installed.string())};
    // RTLD_GLOBAL: plugins of Open MPI 4 use symbols of libmpi and are not linked to it. Never closed: MPI keeps state.
    void* const module = ::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
    void* const join = module != nullptr ? ::dlsym(module, "loadsim_join_ranks") : nullptr;
    if (join == nullptr)
        return problems{
            "MPI",
            fmt::format("ranks need Open MPI, which cannot be loaded ({}); apt-get install openmpi-bin", ::dlerror())};
    return reinterpret_cast<join_function>(join);
}

} // namespace

result<void> load_mpi() {
    const auto join = load_module();
    if (!join) return join.error();
    return {};
}

result<std::unique_ptr<channel>> join_ranks() {
    const auto join = load_module();
    if (!join) return join.error();
    std::string error;
    std::unique_ptr<channel> joined((*join)(error));
    if (!joined) return problems{"MPI", std::move(error)};
    return joined;
}

} // namespace loadsim::cluster
