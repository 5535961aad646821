#include "cgroup.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;
using number = std::optional<std::uint64_t>;

/// File names of a cgroup version, and the field of memory.stat with the reclaimable memory.
struct cgroup_files {
    const char* limit;
    const char* used;
    const char* reclaimable;
};
constexpr cgroup_files cgroup_v2{"memory.max", "memory.current", "inactive_file"};
constexpr cgroup_files cgroup_v1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

number first_number(const fs::path& file) {
    std::uint64_t value = 0;
    return std::ifstream(file) >> value ? number{value} : number{}; // "max": not a number, no limit
}

std::uint64_t stat_field(const fs::path& file, const std::string& word) {
    std::ifstream in(file);
    std::string name;
    for (std::uint64_t value = 0; in >> name >> value;)
        if (name == word) return value;
    return 0;
}

number memory_left(const fs::path& group, const cgroup_files& files) {
    const auto limit = first_number(group / files.limit);
    const auto used = first_number(group / files.used);
    if (!limit || !used) return {};
    const auto in_use = *used - std::min(*used, stat_field(group / "memory.stat", files.reclaimable));
    return *limit - std::min(*limit, in_use);
}

/// Smallest rest of a cgroup and its parents up to the mount point: a limit applies to all descendants.
number smallest_memory_left(const fs::path& mount, std::string path, const cgroup_files& files) {
    number smallest;
    for (;;) {
        if (const auto left = memory_left(mount / fs::path(path).relative_path(), files))
            smallest = std::min(smallest.value_or(*left), *left);
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return smallest;
        path.resize(slash);
    }
}

bool has_memory_controller(const std::string& controllers) {
    std::istringstream names(controllers);
    for (std::string name; std::getline(names, name, ',');)
        if (name == "memory") return true;
    return false;
}

} // namespace

number memory_left_in_cgroups(const fs::path& root) {
    const auto mounts = root / "sys/fs/cgroup";
    std::ifstream in(root / "proc/self/cgroup"); // "4:memory:/path" of version 1, "0::/path" of version 2
    number smallest;
    for (std::string line; std::getline(in, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        // In a container the path may be the host's and not exist; the mount point itself is then the cgroup.
        number left;
        if (controllers.empty())
            left = smallest_memory_left(mounts, line.substr(second + 1), cgroup_v2);
        else if (has_memory_controller(controllers))
            left = smallest_memory_left(mounts / "memory", line.substr(second + 1), cgroup_v1);
        if (left) smallest = std::min(smallest.value_or(*left), *left);
    }
    return smallest;
}

} // namespace loadsim::target
