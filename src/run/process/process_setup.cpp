#include "process/process_setup.hpp"

#include <loadsim/net/source_address_selection.hpp>
#include <loadsim/net/source_addresses.hpp>
#include <loadsim/scenario/resource_requirements.hpp>
#include <loadsim/target/preflight.hpp>

#include <fmt/format.h>

namespace loadsim::run {
namespace {

/// maxVusers is divided over all shards: a shard with a limit of 0 would skip all its arrivals.
result<void> check_vuser_limits(const scenario::scenario_config& scenario, std::uint32_t shards) {
    problems all;
    for (const auto& p : scenario.load.phases)
        if (p.max_vusers && *p.max_vusers < shards)
            all.add("load.phases",
                    fmt::format("{}: maxVusers {} cannot be divided over {} shards (ranks times shards); raise "
                                "it, or run with fewer",
                                p.name, *p.max_vusers, shards));
    if (!all.empty()) return all;
    return {};
}

} // namespace

result<void> check_machine(const scenario::scenario_config& scenario, const cluster::rank_info& rank,
                           std::uint32_t shards, const std::function<void(const std::string&)>& on_notice) {
    if (const auto divided = check_vuser_limits(scenario, rank.count * shards); !divided) return divided;
    target::raise_open_file_limit();
    const auto warnings = target::preflight(scenario::requirements_of(scenario, {rank.count, rank.ranks_on_host}),
                                            target::inspect_machine());
    if (!warnings) return warnings.error();
    for (const auto& warning : *warnings) on_notice(warning);
    return {};
}

result<target_setup> start_target(const scenario::scenario_config& scenario,
                                  const scenario::compiled_scenario& compiled, const std::filesystem::path& folder,
                                  const std::function<void(const std::string&)>& on_notice) {
    auto setup = start_components(scenario, compiled, folder, on_notice);
    if (!setup) return setup;
    const auto sources =
        net::parse_source_addresses(scenario.fleet.source_addresses).value(); // read() has validated them
    for (const auto& broker : setup->broker_addresses)
        if (const auto available = net::check_source_addresses(sources, broker); !available) return available.error();
    return setup;
}

result<target_setup> prepare_target(const scenario::scenario_config& scenario,
                                    const scenario::compiled_scenario& compiled, const std::filesystem::path& folder,
                                    const cluster::rank_info& rank, std::uint32_t shards,
                                    const std::function<void(const std::string&)>& on_notice) {
    if (const auto checked = check_machine(scenario, rank, shards, on_notice); !checked) return checked.error();
    return start_target(scenario, compiled, folder, on_notice);
}

} // namespace loadsim::run
