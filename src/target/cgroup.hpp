// Memory limits of cgroups, set by containers and batch systems; MemAvailable does not include them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace loadsim::target {

/// Memory that this process may still allocate within the tightest of its cgroups (version 2 or 1), in bytes;
/// reclaimable page cache counts as free. Empty: no cgroup has a limit.
std::optional<std::uint64_t> memory_left_in_cgroups(const std::filesystem::path& root);

} // namespace loadsim::target
