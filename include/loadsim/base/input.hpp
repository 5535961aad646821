// Files that the user names, read whole.
#pragma once

#include <loadsim/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace loadsim {

/// Content of a file, pipe or device. Reading ends with an error above `max_bytes`, because an endless device such as
/// /dev/zero would exhaust memory, and when a pipe has no data for `silence_max`.
/// Errors: one problem with the path and the cause.
result<std::string> read_file(const std::string& path, std::size_t max_bytes,
                              std::chrono::milliseconds silence_max = std::chrono::seconds{10});

} // namespace loadsim
