#include "process/process_hooks.hpp"

#include "run_plan.hpp"
#include "shard/target_endpoints.hpp"

#include <loadsim/scenario/scenario.hpp>

#include <cstdint>
#include <string>

namespace loadsim::run {

result<void> run_hooks(const driver::hook_requests& all, run_plan& plan, const target_endpoints& endpoints,
                       const cluster::rank_info& rank, const std::function<bool()>& should_stop) {
    if (all.empty() || !endpoints.api) return {};
    const auto count = plan.scenario.fleet.vehicles;
    const fleet_partition own{rank.index, rank.count};
    std::string vin;
    const driver::hook_requests::run_context in{
        .api = *endpoints.api,
        .auth = endpoints.auth.get(),
        .vehicles = plan.replay         ? 1
                    : count > own.index ? (count - own.index - 1) / own.count + 1
                                        : 0,
        .fill_vehicle_values =
            [&](std::uint32_t i, contract::template_values& values) {
                const vehicle_id v = plan.replay ? plan.replay->vehicle : vehicle_id{i * own.count + own.index};
                vin = plan.vin_of(v);
                values.vin = vin;
                plan.fill(v, values);
            },
        .common_values = {.webhook_url = plan.webhook_url, .broker_api_url = plan.broker_api_url},
        .seed = plan.scenario.seed,
        .stop_requested = should_stop};
    return all.run(in, plan.captured);
}

} // namespace loadsim::run
