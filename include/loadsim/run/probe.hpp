// Probe: one request to one vehicle, with a trace of all messages and a check of the contract.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/run/listener.hpp>
#include <loadsim/run/trace.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

/// Result of one contract check, as a sentence.
struct contract_finding {
    bool passed = false;
    std::string text;
    friend bool operator==(const contract_finding&, const contract_finding&) = default;
};

struct probe_options {
    std::filesystem::path folder; ///< of the probe's report; must exist
};

/// The scenario reduced to the first vehicle and one request: no conditions, no campaigns, and as the only budget that
/// the request ends with an expected outcome.
scenario::scenario_config probe_scenario(const scenario::scenario_config&, const std::string& service);

/// Runs a probe scenario and checks the contract against the traced messages. `on_message` is called on several
/// threads, one call at a time. Errors and threads: as execute().
result<std::vector<contract_finding>> probe(const scenario::scenario_config& scenario, const probe_options&,
                                            const listener&,
                                            const std::function<void(const traced_message&)>& on_message);

} // namespace loadsim::run
