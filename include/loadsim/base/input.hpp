// Files that the user names, read whole.
#pragma once

#include <loadsim/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace loadsim {

/// Content of a file, pipe or device. Ends with an error at `max_bytes`, so that an endless one such as /dev/zero is told, and when
/// a pipe sends nothing for `silence_max`.
/// Errors: one problem with the path and the cause.
result<std::string> read_file(const std::string& path, std::size_t max_bytes,
                              std::chrono::milliseconds silence_max = std::chrono::seconds{10});

} // namespace loadsim
