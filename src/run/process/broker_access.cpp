#include "process/broker_access.hpp"

#include <loadsim/driver/mqtt_driver.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/client_identity.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>

namespace loadsim::run {
namespace {

/// `visit`: called with the template values of a vehicle and the index of its segment.
template <class Visit>
void for_each_vehicle(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
                      fleet_partition partition, const Visit& visit) {
    const auto& fleet = scenario.fleet;
    const vehicle::segmentation segments(scenario.seed, fleet.vehicles, fleet.segments);
    for (std::uint64_t i = partition.index; i < fleet.vehicles; i += partition.count) {
        const vehicle_id v{static_cast<std::uint32_t>(i)};
        const auto vin = compiled.registry.vin_of(v);
        const auto segment = segments.segment_of(v);
        contract::template_values values{.vin = vin};
        compiled.fill_vehicle_values(v, segment, fleet.segments[segment].name, values);
        visit(values, segment);
    }
}

/// By segment.
std::vector<std::vector<fleet::campaign>> campaigns_of(const scenario::scenario_config& scenario,
                                                       const scenario::compiled_scenario& compiled) {
    std::vector<std::vector<fleet::campaign>> all(scenario.fleet.segments.size());
    for (const auto& options : scenario.campaigns) {
        const auto campaign =
            fleet::campaign::compile(options, compiled.symbols, "campaigns").value(); // read() has validated them
        for (std::size_t s = 0; s < all.size(); ++s)
            if (campaign.addresses(scenario.fleet.segments[s].name)) all[s].push_back(campaign);
    }
    return all;
}

/// Topic filters of the groups that the segment sends and of the alarms, each once.
void add_telemetry_filters(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
                           std::size_t segment, const contract::template_values& values,
                           std::vector<std::string>& filters) {
    const auto add = [&](std::size_t message) {
        auto filter = compiled.telemetry_messages[message].topic().topic_filter(values);
        if (std::ranges::find(filters, filter) == filters.end()) filters.push_back(std::move(filter));
    };
    for (const auto group : compiled.segment_groups[segment]) add(group);
    for (auto i = scenario.fleet.telemetry.groups.size(); i < compiled.telemetry_messages.size(); ++i) add(i);
}

} // namespace

std::vector<target::mosquitto_login> logins_of(const scenario::scenario_config& scenario,
                                               const scenario::compiled_scenario& compiled, fleet_partition partition,
                                               const target::mosquitto_login& own) {
    const auto templates =
        fleet::identity_templates::compile(scenario.fleet.mqtt, compiled.symbols).value(); // read() has validated them
    std::vector<target::mosquitto_login> all{own};
    std::unordered_set<std::string> added_users;
    for_each_vehicle(scenario, compiled, partition, [&](const contract::template_values& values, std::size_t) {
        fleet::client_identity identity;
        templates.render(values, identity);
        if (added_users.insert(identity.user_name).second) all.push_back({identity.user_name, identity.password});
    });
    return all;
}

target::access_rules access_rules_of(const scenario::scenario_config& scenario,
                                     const scenario::compiled_scenario& compiled, fleet_partition partition) {
    const auto campaigns = campaigns_of(scenario, compiled);
    const auto& contract = compiled.message_contract;
    target::access_rules rules;
    rules.allow_all(scenario::embedded_user);
    for_each_vehicle(scenario, compiled, partition, [&](const contract::template_values& values, std::size_t segment) {
        std::vector<std::string> subscribe{contract.command_filter(values)};
        for (const auto& campaign : campaigns[segment])
            if (auto filter = campaign.filter(values);
                std::ranges::find(subscribe, filter) == subscribe.end()) // a rule for each filter
                subscribe.push_back(std::move(filter));
        auto publish = contract.published_filters(values);
        add_telemetry_filters(scenario, compiled, segment, values, publish);
        if (scenario.load.driver == driver::kind::mqtt) publish.emplace_back(driver::response_topics_filter);
        rules.allow(values.vin, subscribe, publish);
    });
    return rules;
}

result<void> check_credentials(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
                               const fleet::vehicle_tls& tls) {
    constexpr auto no_fault = certificate::certificate_fault::none;
    if (!tls.has_own_credentials(no_fault)) return {};
    result<void> checked;
    for_each_vehicle(scenario, compiled, {0, scenario.fleet.vehicles},
                     [&](const contract::template_values& values, std::size_t) {
                         if (const auto own = tls.credentials_of(values, no_fault); !own) checked = own.error();
                     });
    return checked;
}

std::vector<certificate::serial_number> revoked_certificates(const scenario::scenario_config& scenario,
                                                             const scenario::compiled_scenario& compiled,
                                                             fleet_partition partition, const fleet::vehicle_tls& tls) {
    constexpr auto revoked = certificate::certificate_fault::revoked;
    const auto is_revoked = [&](const vehicle::segment& s) {
        const auto& b = scenario::behaviour_of(scenario, s.behaviour);
        return b.credentials && b.credentials->certificate == revoked;
    };
    std::vector<certificate::serial_number> all;
    if (std::ranges::none_of(scenario.fleet.segments, is_revoked)) return all;
    for_each_vehicle(scenario, compiled, partition, [&](const contract::template_values& values, std::size_t segment) {
        if (!is_revoked(scenario.fleet.segments[segment])) return;
        if (const auto serial = tls.serial_of(values, revoked)) all.push_back(*serial);
    });
    return all;
}

} // namespace loadsim::run
