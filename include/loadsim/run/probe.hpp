// Probe: one request to one vehicle, with a trace of all messages and a check of the contract.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/run/listener.hpp>
#include <loadsim/run/trace.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

/// Result of one contract check, as a sentence.
struct contract_finding {
    enum class kind : std::uint8_t { failed, passed, not_tested };
    contract_finding::kind result = kind::failed;
    std::string text;
    friend bool operator==(const contract_finding&, const contract_finding&) = default;
};

struct probe_request {
    std::string service{};               ///< empty: the first of the load
    std::string behaviour{};             ///< empty: that of the vehicle's segment
    std::optional<vehicle_id> vehicle{}; ///< nullopt: the only one of a fleet of one
};

struct probe_options {
    std::filesystem::path folder; ///< of the probe's report; must exist
    vehicle_id vehicle{};         ///< the only one that connects
    /// Time after the request has ended in which late messages are awaited; longer, at most load.drain, until each observer
    /// has announced the end.
    nanoseconds linger{0};
};

/// The scenario reduced to one request of one vehicle: no conditions, no campaigns, and as the only budget that the
/// request ends with an expected outcome.
scenario::scenario_config probe_scenario(const scenario::scenario_config&, const probe_request&);

/// Runs a probe scenario and checks the contract against the traced messages. `on_message` is called on several
/// threads, one call at a time. Errors and threads: as execute().
result<std::vector<contract_finding>> probe(const scenario::scenario_config& scenario, const probe_options&,
                                            const listener&,
                                            const std::function<void(const traced_message&)>& on_message);

} // namespace loadsim::run
