// A script of Artillery as the tree of a scenario.
#pragma once

#include "artillery/payload.hpp"
#include "artillery/script.hpp"

#include <cstdint>
#include <string>

namespace loadsim::scenario::artillery {

struct translated_script {
    yaml_node tree;             ///< all keys of a scenario but `environments`
    std::uint32_t vehicles = 0; ///< so many are needed if no request is ever answered
};

/// `config`: that of the script, merged with an environment. `environment`: its name; empty: none.
translated_script translate_script(const yaml_node& root, const yaml_node& config, const payload_table&,
                                   const artillery_options&, const std::string& environment, note_list&);

/// `fleet.vehicles`.
void set_vehicles(yaml_node& tree, std::uint32_t vehicles);

/// Keys of `changed` that differ from those of `base`, as an environment overrides them; null: none.
yaml_node difference(const yaml_node& base, const yaml_node& changed);

} // namespace loadsim::scenario::artillery
