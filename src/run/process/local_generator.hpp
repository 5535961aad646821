// Load generator of one process: its shards, observers and connection to the target.
#pragma once

#include "generator.hpp"

#include <loadsim/cluster/rank_info.hpp>
#include <loadsim/net/byte_tap.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::run {

struct local_generator_options {
    std::filesystem::path folder; ///< for the files of embedded targets
    std::uint32_t shards = 1;
    cluster::rank_info rank{};
    std::uint64_t trace_run = 0; ///< the run's part of trace ids; 0: random
    bool check_machine = false;  ///< compare the run's resource requirements with the machine first
    std::optional<replay_selection> replay{};
    net::byte_tap* tap = nullptr;                       ///< must outlive the generator
    std::function<void(const traced_message&)> trace{}; ///< called for each message, on any thread; may be empty
};

/// Starts the target and makes the generator of this process: without ranks the whole run, else this rank's part.
/// Scenario and time source must outlive the generator. `on_notice`: called with a sentence for each warning and each
/// started component, before the function returns.
/// Errors: an invalid template, missing resources, a component that is missing or cannot be started.
/// Threads: the generator's is the calling one, which must live as long as the process (it starts the broker).
result<std::unique_ptr<generator>> start_local_generator(const scenario::scenario_config&,
                                                         const local_generator_options&, const time_source&,
                                                         const std::function<void(const std::string&)>& on_notice);

} // namespace loadsim::run
