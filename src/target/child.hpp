// Programs as children of ours.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loadsim::target {

/// Starts a program that ends with this process, whatever kills that (Linux, PR_SET_PDEATHSIG: and with this thread); what it says
/// is appended to the log. It gets no open file of ours. -1: it cannot be, and errno says why. A program that cannot be executed ends at once with 127.
pid_t start_child(const std::string& program, const std::vector<std::string>& arguments,
                  const std::filesystem::path& log);

/// True once: when it has, it is reaped.
bool has_ended(pid_t);

/// Whether this very process listens there, on 127.0.0.1: a port that was free a moment ago may be somebody else's now.
bool listens(pid_t, std::uint16_t port);

/// The last line of a file that says anything.
std::string last_line(const std::filesystem::path&);

} // namespace loadsim::target
