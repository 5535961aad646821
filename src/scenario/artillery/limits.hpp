// Checks of Artillery's plugin `ensure` as budgets.
#pragma once

#include "artillery/values.hpp"

namespace loadsim::scenario::artillery {

/// `budgets`, a list; empty: the script has no checks that can be carried over.
yaml_node translate_limits(const yaml_node& config, const value_translator&, note_list&);

} // namespace loadsim::scenario::artillery
