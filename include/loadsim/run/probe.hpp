// One request to one vehicle, with everything that either side says.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/run/run.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::run {

/// Something that was said, as it went over the wire.
struct utterance {
    enum class way : std::uint8_t {
        to_api,       ///< head: "POST /path"
        from_api,     ///< head: the status; 0: none came, the body says why
        to_vehicle,   ///< head: the topic, or the path at the broker's API
        from_vehicle, ///< the same
        to_observer,  ///< head: topic, path or URL
        of_session,   ///< what happened to the vehicle's session: head alone
    };
    utterance::way what{};
    std::uint32_t observer = 0; ///< of to_observer: its place in load.observers
    std::string head;
    std::string body;
};

/// What a part of the contract made of that, in a sentence.
struct fitting {
    bool fits = false;
    std::string text;
    friend bool operator==(const fitting&, const fitting&) = default;
};

struct probe_options {
    std::filesystem::path folder; ///< of its report; exists
};

/// The scenario for one vehicle, the first one, and one request: no conditions, no campaigns, no budgets but that it ends
/// as it should.
scenario::document for_a_probe(const scenario::document&, const std::string& service);

/// Runs that, and looks whether the contract fits what was said. `heard` is called on several threads, one at a time. Errors and
/// threads: as execute().
result<std::vector<fitting>> probe(const scenario::document& for_a_probe, const probe_options&, const listener&,
                                   const std::function<void(const utterance&)>& heard);

} // namespace loadsim::run
