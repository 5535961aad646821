#include "set_up.hpp"

#include <loadsim/net/source_use.hpp>
#include <loadsim/net/sources.hpp>
#include <loadsim/scenario/needs.hpp>
#include <loadsim/target/preflight.hpp>

#include <fmt/format.h>

namespace loadsim::run {
namespace {

/// maxVusers is divided over all shards: one that has none of it would skip whatever falls to it.
result<void> check_limits(const scenario::document& scenario, std::uint32_t shards) {
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

result<void> check_needs(const scenario::document& scenario, const cluster::place& where, std::uint32_t shards,
                         const std::function<void(const std::string&)>& said) {
    if (const auto divided = check_limits(scenario, where.count * shards); !divided) return divided;
    target::raise_open_file_limit();
    const auto warnings =
        target::preflight(scenario::needs_of(scenario, {where.count, where.here}), target::look_at_machine());
    if (!warnings) return warnings.error();
    for (const auto& warning : *warnings) said(warning);
    return {};
}

result<platform> set_up(const scenario::document& scenario, const scenario::vocabulary& words,
                        const std::filesystem::path& folder, const std::function<void(const std::string&)>& said) {
    auto up = bring_up(scenario, words, folder, said);
    if (!up) return up;
    const auto sources =
        net::parse_sources(scenario.fleet.source_addresses).value(); // the scenario's reader has checked them
    for (const auto& broker : up->broker_addresses)
        if (const auto ours = net::check_sources(sources, broker); !ours) return ours.error();
    return up;
}

result<platform> prepare(const scenario::document& scenario, const scenario::vocabulary& words,
                         const std::filesystem::path& folder, const cluster::place& where, std::uint32_t shards,
                         const std::function<void(const std::string&)>& said) {
    if (const auto fits = check_needs(scenario, where, shards, said); !fits) return fits.error();
    return set_up(scenario, words, folder, said);
}

} // namespace loadsim::run
