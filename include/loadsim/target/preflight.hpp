// Whether the machine can carry the run, before anything is opened.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/target/machine.hpp>
#include <loadsim/target/needs.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::target {

enum class fit : std::uint8_t {
    enough,
    tight,      ///< it will start, and may suffer
    not_enough, ///< it cannot end well
    unknown,    ///< it cannot be seen from here
};
std::string_view to_string(fit);

/// One way to close a difference.
struct remedy {
    std::string what;    ///< "spread the fleet over 22 processes": a half sentence, the command is not in it
    std::string command; ///< to be run before; empty: there is none
    std::string flags;   ///< to be added to the command line of loadsim; empty: there are none
};

struct check {
    std::string name;  ///< "open files"
    std::string needs; ///< "400256", "6.4 GiB"
    std::string has;   ///< the same, or "unknown"
    std::string of;    ///< what is counted: "in each process"
    fit verdict = fit::unknown;
    std::vector<remedy> remedies; ///< any of them is enough; the best first; empty where nothing is to be done

    /// "40000 are needed (from one address to the broker) and 28232 are there; widen ... (sysctl ...), or ...": all remedies.
    std::string sentence() const;
};

/// Everything that can be counted beforehand, in the order of importance. Pure.
std::vector<check> assess(const needs&, const machine&);

/// Before a run: what is tight, or cannot be seen, as sentences for the user.
/// Errors: one problem for each check that is not enough.
result<std::vector<std::string>> preflight(const needs&, const machine&);

} // namespace loadsim::target
