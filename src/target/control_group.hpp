// Containers and batch systems bound memory by control groups, which MemAvailable does not know of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace loadsim::target {

/// What this process may still take in the tightest of its control groups (version 2 or 1), in bytes; what the kernel can
/// drop (files read and not needed) counts as free. Empty: no group has a limit.
std::optional<std::uint64_t> memory_left_in_control_groups(const std::filesystem::path& root);

} // namespace loadsim::target
