// What `tune` compares: a scenario and the variants of its platform, checked before anything is started.
#pragma once

#include "run_setup.hpp"

#include <loadsim/base/result.hpp>
#include <loadsim/scenario/variants.hpp>

#include <string>

namespace loadsim::app {

/// The flags of the scenario with the changes of the variant behind those of the command line.
scenario_flags flags_of_variant(const scenario_flags&, const scenario::variant&);

/// Reads the variants, and the scenario with the changes of each.
/// Errors: all problems of the variants file, or else those of the scenario and of its variants: a value that is not valid, a change of
/// the load, a flag that replaces a change.
result<scenario::variant_list> read_tuned_variants(const std::string& variants_file, const scenario_flags&);

} // namespace loadsim::app
