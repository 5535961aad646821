// Preflight: checks the machine's resources against the requirements of a run, before opening any connection.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/target/machine_resources.hpp>
#include <loadsim/target/resource_requirements.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::target {

enum class check_status : std::uint8_t {
    enough,
    tight,      ///< the run starts, but may be impaired
    not_enough, ///< the run would fail
    unknown,    ///< cannot be determined
};
std::string_view to_string(check_status);

/// Way to resolve a failed check.
struct remedy {
    std::string description; ///< "spread the fleet over 22 processes": a clause without the command
    std::string command;     ///< shell command to run before; empty: none
    std::string flags;       ///< flags to add to loadsim's command line; empty: none
};

struct check {
    std::string name;      ///< "open files"
    std::string needed;    ///< "400256", "6.4 GiB"
    std::string available; ///< same format, or "unknown"
    std::string scope;     ///< scope of the numbers: "in each process"
    check_status status = check_status::unknown;
    std::vector<remedy> remedies; ///< alternatives, best first; empty: none needed or none possible

    /// "40000 are needed (from one address to the broker) and 28232 are there; widen ... (sysctl ...), or ...", with
    /// all remedies.
    std::string sentence() const;
};

/// All checks that are possible before a run, in order of importance. Pure.
std::vector<check> assess(const resource_requirements&, const machine_resources&);

/// Warnings for the user: checks that are tight, or unknown and have a remedy.
/// Errors: one problem per check that is not_enough.
result<std::vector<std::string>> preflight(const resource_requirements&, const machine_resources&);

} // namespace loadsim::target
