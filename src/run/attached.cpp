#include "attached.hpp"

#include "shard.hpp"
#include "wall_clock.hpp"

#include <utility>

namespace loadsim::run {

attached::attached(net::loop& loop, const time_source& time, fleet::vehicle_events& events, const shared_plan& plan,
                   shard_share share, const address_book& to, const shard_limits& limits) {
    const auto& options = plan.scenario.fleet;
    if (options.link == fleet::link_kind::mqtt)
        sessions_ = std::make_unique<fleet::vehicles>(loop, events, plan.fleet_of(share), limits.connects_in_flight,
                                                      to.brokers);
    else
        behind_api_ = std::make_unique<fleet::broker_api_vehicles>(
            loop, time, events, plan.fleet_of(share), to.broker_api, date_ahead(time), limits.inbound_connections);
}

const fleet::roster& attached::roster() const {
    if (sessions_) return *sessions_;
    return *behind_api_;
}

void attached::start() { sessions_ ? sessions_->start() : behind_api_->start(); }
void attached::begin_load(monotonic_time start) {
    sessions_ ? sessions_->begin_load(start) : behind_api_->begin_load(start);
}
void attached::wake(vehicle_id v) { sessions_ ? sessions_->wake(v) : behind_api_->wake(v); }
void attached::broker_goes(std::uint32_t condition, std::uint32_t occurrence) {
    if (sessions_) sessions_->broker_goes(condition, occurrence);
}
void attached::broker_returns(std::uint32_t condition) {
    if (sessions_) sessions_->broker_returns(condition);
}
void attached::deliver(vehicle_id v, fleet::broker_api_command c) {
    if (behind_api_) behind_api_->deliver(v, std::move(c));
}
void attached::cut() { sessions_ ? sessions_->cut() : behind_api_->cut(); }
void attached::stop() { sessions_ ? sessions_->stop() : behind_api_->stop(); }
std::optional<nanoseconds> attached::next_turn() {
    return sessions_ ? sessions_->next_turn() : behind_api_->next_turn();
}
std::uint32_t attached::asked() const { return sessions_ ? sessions_->asked() : behind_api_->asked(); }
std::uint32_t attached::online() const { return sessions_ ? sessions_->online() : behind_api_->online(); }
std::string attached::refusal() const { return sessions_ ? sessions_->refusal() : behind_api_->refusal(); }
fleet::seen attached::take() { return sessions_ ? sessions_->take() : behind_api_->take(); }
fleet::broker_api_counts attached::take_counts() {
    return behind_api_ ? behind_api_->take_counts() : fleet::broker_api_counts{};
}
std::vector<std::string> attached::misfits() { return sessions_ ? sessions_->misfits() : behind_api_->misfits(); }
bool attached::settled() const { return !behind_api_ || behind_api_->settled(); }

} // namespace loadsim::run
