#include "shard/shard_vehicles.hpp"

#include "clock_conversion.hpp"
#include "shard/shard.hpp"

#include <utility>

namespace loadsim::run {

shard_vehicles::shard_vehicles(net::loop& loop, const time_source& time, fleet::vehicle_events& events,
                               const run_plan& plan, fleet_partition share, const target_endpoints& endpoints,
                               const shard_limits& limits) {
    const auto& options = plan.scenario.fleet;
    if (options.link == fleet::link_kind::mqtt)
        mqtt_vehicles_ = std::make_unique<fleet::mqtt_fleet>(loop, events, plan.fleet_spec_of(share),
                                                             limits.connects_in_flight, endpoints.brokers);
    else
        broker_api_vehicles_ = std::make_unique<fleet::broker_api_fleet>(loop, time, events, plan.fleet_spec_of(share),
                                                                         endpoints.broker_api, system_offset(time),
                                                                         limits.inbound_connections);
}

const fleet::vehicles& shard_vehicles::pool() const {
    if (mqtt_vehicles_) return *mqtt_vehicles_;
    return *broker_api_vehicles_;
}

void shard_vehicles::start() { mqtt_vehicles_ ? mqtt_vehicles_->start() : broker_api_vehicles_->start(); }
void shard_vehicles::begin_load(monotonic_time start) {
    mqtt_vehicles_ ? mqtt_vehicles_->begin_load(start) : broker_api_vehicles_->begin_load(start);
}
void shard_vehicles::wake(vehicle_id v) { mqtt_vehicles_ ? mqtt_vehicles_->wake(v) : broker_api_vehicles_->wake(v); }
void shard_vehicles::on_broker_down(std::uint32_t condition, std::uint32_t occurrence) {
    if (mqtt_vehicles_) mqtt_vehicles_->on_broker_down(condition, occurrence);
}
void shard_vehicles::on_broker_up(std::uint32_t condition) {
    if (mqtt_vehicles_) mqtt_vehicles_->on_broker_up(condition);
}
void shard_vehicles::deliver(vehicle_id v, fleet::broker_api_command c) {
    if (broker_api_vehicles_) broker_api_vehicles_->deliver(v, std::move(c));
}
void shard_vehicles::end_load() { mqtt_vehicles_ ? mqtt_vehicles_->end_load() : broker_api_vehicles_->end_load(); }
void shard_vehicles::stop() { mqtt_vehicles_ ? mqtt_vehicles_->stop() : broker_api_vehicles_->stop(); }
std::optional<nanoseconds> shard_vehicles::next_condition_event() {
    return mqtt_vehicles_ ? mqtt_vehicles_->next_condition_event() : broker_api_vehicles_->next_condition_event();
}
std::uint32_t shard_vehicles::expected_online() const {
    return mqtt_vehicles_ ? mqtt_vehicles_->expected_online() : broker_api_vehicles_->expected_online();
}
std::uint32_t shard_vehicles::online() const {
    return mqtt_vehicles_ ? mqtt_vehicles_->online() : broker_api_vehicles_->online();
}
std::string shard_vehicles::refusal() const {
    return mqtt_vehicles_ ? mqtt_vehicles_->refusal() : broker_api_vehicles_->refusal();
}
fleet::fleet_counts shard_vehicles::take_counts() {
    return mqtt_vehicles_ ? mqtt_vehicles_->take_counts() : broker_api_vehicles_->take_counts();
}
fleet::broker_api_counts shard_vehicles::take_broker_api_counts() {
    return broker_api_vehicles_ ? broker_api_vehicles_->take_broker_api_counts() : fleet::broker_api_counts{};
}
std::vector<std::string> shard_vehicles::take_unmatched_fields() {
    return mqtt_vehicles_ ? mqtt_vehicles_->take_unmatched_fields() : broker_api_vehicles_->take_unmatched_fields();
}
bool shard_vehicles::idle() const { return !broker_api_vehicles_ || broker_api_vehicles_->idle(); }

} // namespace loadsim::run
