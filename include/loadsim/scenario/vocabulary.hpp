// What the texts of a scenario stand for: templates compiled, pointers parsed, files read.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/terms.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/contract/variables.hpp>
#include <loadsim/drive/calls.hpp>
#include <loadsim/scenario/scenario.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace loadsim::scenario {

/// Threads: const, any.
struct vocabulary {
    vehicle::registry cars;
    contract::known_names names;
    contract::terms terms;
    std::vector<std::vector<std::string>> segment_variables; ///< by segment: values, in the order of names.segment
    drive::calls before;
    drive::calls after;
    struct observer_texts {
        contract::text_template path;  ///< of poll, sse and websocket
        contract::text_template first; ///< message of a websocket
    };
    std::vector<observer_texts> of_observers;

    /// What there is to say of a vehicle, but for its VIN: index, segment, and what data and variables say.
    void fill(vehicle_id, std::size_t segment, const std::string& segment_name, contract::values&) const;
};

/// Errors: all of them at once, with paths as places ("contract.ack.payload").
result<vocabulary> learn(const document&);

} // namespace loadsim::scenario
