// Variants of a platform that `tune` compares: how each of them is set up, and how often it is run.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/scenario/read.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {

/// A value of the scenario that is another one for a variant.
struct variant_change {
    value_override change;
    std::string location{}; ///< "file:line:column" of its key
};

struct variant_cost {
    double per_hour = 0; ///< in the currency of the prices of the scenario, or in any that all variants share
};

/// One configuration of the platform. Each command is a text for /bin/sh -c; empty: none.
struct variant {
    std::string name;                              ///< of its folder
    std::string command{};                         ///< sets the variant up
    std::string before{};                          ///< after `command`, before the run
    std::string after{};                           ///< after the run, also if `command` or `before` failed
    nanoseconds timeout = std::chrono::minutes{5}; ///< of each command
    std::vector<variant_change> changes{};         ///< in the order of the file
    std::optional<variant_cost> cost{};            ///< of all variants, or of none
    std::string location{};                        ///< "file:line:column"
};

struct variant_list {
    std::vector<variant> variants;
    std::uint32_t rounds = 3; ///< runs of each variant
};

/// Reads a variants file. `file` is its name in source locations. Values of the scenario are not checked: read() does it, with the
/// changes of each variant as overrides.
/// Errors: all problems, in the order of the file, each with "file:line:column"; never throws.
result<variant_list> read_variants(std::string_view yaml, std::string_view file);

/// The problems of a scenario that was read with the changes of the variant: one that is located by an override has the location of
/// its change in the variants file, and each names the variant.
problems problems_of_variant(const problems&, const variant&);

/// JSON Schema (draft 2020-12) of a variants file, for editors.
std::string variants_schema();

} // namespace loadsim::scenario
