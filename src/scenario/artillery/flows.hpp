// Flows of a script as services, and requests before and after the load.
#pragma once

#include "artillery/requests.hpp"

#include <map>
#include <string>
#include <vector>

namespace loadsim::scenario::artillery {

struct translated_flows {
    yaml_node services = make_node(yaml_node::kind::map); ///< `load.services`
    yaml_node before = make_node(yaml_node::kind::list);  ///< hooks
    yaml_node after = make_node(yaml_node::kind::list);
    yaml_node auth;             ///< `target.auth`; null: none
    std::string state;          ///< field path of the state in the HTTP response; empty: any response ends a request
    std::string executed_state; ///< the state of an executed request
};

/// The last request of each flow is a service; earlier ones whose captured values it needs are sent once before the load.
translated_flows translate_flows(const yaml_node& root, const yaml_node& config, value_translator&, note_list&);

} // namespace loadsim::scenario::artillery
