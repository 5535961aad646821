#include "control_group.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;
using number = std::optional<std::uint64_t>;

/// The files of a version, and which word of memory.stat is the memory that can be dropped.
struct version {
    const char* limit;
    const char* used;
    const char* droppable;
};
constexpr version two{"memory.max", "memory.current", "inactive_file"};
constexpr version one{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

number first_number(const fs::path& file) {
    std::uint64_t value = 0;
    return std::ifstream(file) >> value ? number{value} : number{}; // "max" is no number, and no limit
}

std::uint64_t stat(const fs::path& file, const std::string& word) {
    std::ifstream in(file);
    std::string name;
    for (std::uint64_t value = 0; in >> name >> value;)
        if (name == word) return value;
    return 0;
}

number left_in(const fs::path& group, const version& files) {
    const auto limit = first_number(group / files.limit);
    const auto used = first_number(group / files.used);
    if (!limit || !used) return {};
    const auto kept = *used - std::min(*used, stat(group / "memory.stat", files.droppable));
    return *limit - std::min(*limit, kept);
}

/// The least of a group and those around it, up to the mount: a limit holds for all below it.
number tightest(const fs::path& mount, std::string path, const version& files) {
    number least;
    for (;;) {
        if (const auto left = left_in(mount / fs::path(path).relative_path(), files))
            least = std::min(least.value_or(*left), *left);
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return least;
        path.resize(slash);
    }
}

bool has_memory(const std::string& controllers) {
    std::istringstream names(controllers);
    for (std::string name; std::getline(names, name, ',');)
        if (name == "memory") return true;
    return false;
}

} // namespace

number memory_left_in_control_groups(const fs::path& root) {
    const auto mounts = root / "sys/fs/cgroup";
    std::ifstream in(root / "proc/self/cgroup"); // "4:memory:/path" of version 1, "0::/path" of version 2
    number least;
    for (std::string line; std::getline(in, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        // In a container the path may be the host's, which is not there; the mount itself is then the group.
        number left;
        if (controllers.empty())
            left = tightest(mounts, line.substr(second + 1), two);
        else if (has_memory(controllers))
            left = tightest(mounts / "memory", line.substr(second + 1), one);
        if (left) least = std::min(least.value_or(*left), *left);
    }
    return least;
}

} // namespace loadsim::target
