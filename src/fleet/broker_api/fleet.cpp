// Vehicles behind the broker API: the simulated fleet in real time.
#include <loadsim/fleet/broker_api.hpp>

#include "broker_api/response_poster.hpp"

#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/fleet/simulated_fleet.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/url.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <utility>

namespace loadsim::fleet {
namespace {

response_poster::client_factory make_client_factory(net::loop& loop, const inbound_options& to,
                                                    std::uint32_t connections) {
    return [&loop, &to, connections](http::client_events& events) -> result<std::unique_ptr<http::client>> {
        auto url = net::parse_api_url(to.url);
        if (!url) return url.error();
        return http::client::make(
            loop, events,
            {.base_urls = {std::move(*url)}, .tls = to.tls, .max_connections = connections, .timeout = to.timeout});
    };
}

} // namespace

class broker_api_fleet::impl final : private uplink_sink {
public:
    impl(net::loop& loop, const time_source& time, vehicle_events& events, const fleet_spec& p,
         const broker_api_options& o, nanoseconds system_offset, std::uint32_t connections)
        : poster(o, p.seed, p.shard_partition.index + 1, make_client_factory(loop, o.inbound, connections)),
          fleet([&loop](net::timer& t, monotonic_time when) { loop.arm(t, when); }, time, events, p, *this,
                {.system_offset = system_offset,
                 .report_absent_lazily = true,
                 .presence = o.inbound.presence,
                 .time_sliced = true}),
          loop_(loop), registry_(p.registry) {}

    void begin_load(monotonic_time start) {
        load_start_ = start;
        fleet.begin_load(start);
    }

    void deliver(vehicle_id v, broker_api_command command) {
        ++loop_.traffic.received;
        loop_.traffic.bytes_received += command.topic.size() + command.payload.size();
        fleet.deliver(v, command.topic, command.payload, 1, never, std::move(command.headers));
    }

    void stop() {
        fleet.stop();
        poster.stop();
    }

    response_poster poster;
    simulated_fleet fleet; // after the poster: the vehicles send through it

private:
    void on_vehicle_message(vehicle_id v, std::string_view request, std::string_view topic,
                            std::string_view payload) override {
        ++loop_.traffic.published;
        loop_.traffic.bytes_sent += topic.size() + payload.size();
        poster.post(v, registry_.vin_of(v), request, payload,
                    load_start_ == never ? nanoseconds{-1} : loop_.now() - load_start_);
    }

    net::loop& loop_;
    const vehicle::registry& registry_;
    monotonic_time load_start_ = never;
};

broker_api_fleet::broker_api_fleet(net::loop& loop, const time_source& time, vehicle_events& events,
                                   const fleet_spec& p, const broker_api_options& o, nanoseconds system_offset,
                                   std::uint32_t inbound_connections)
    : impl_(std::make_unique<impl>(loop, time, events, p, o, system_offset, inbound_connections)) {}
broker_api_fleet::~broker_api_fleet() = default;

void broker_api_fleet::begin_load(monotonic_time start) { impl_->begin_load(start); }
void broker_api_fleet::deliver(vehicle_id v, broker_api_command command) { impl_->deliver(v, std::move(command)); }
void broker_api_fleet::set_next_behaviour(vehicle_id v, const vehicle::behaviour& b) {
    impl_->fleet.set_next_behaviour(v, b);
}
void broker_api_fleet::wake(vehicle_id v) { impl_->fleet.wake(v); }
void broker_api_fleet::end_load() { impl_->fleet.end_load(); }
std::optional<nanoseconds> broker_api_fleet::next_condition_event() { return impl_->fleet.next_condition_event(); }
void broker_api_fleet::stop() { impl_->stop(); }

std::uint32_t broker_api_fleet::size() const noexcept { return impl_->fleet.size(); }
bool broker_api_fleet::available(vehicle_id v) const { return impl_->fleet.available(v); }
std::uint32_t broker_api_fleet::available() const noexcept { return impl_->fleet.available(); }
std::uint32_t broker_api_fleet::expected_online() const noexcept { return impl_->fleet.expected_online(); }
std::uint32_t broker_api_fleet::online() const noexcept { return impl_->fleet.online(); }
bool broker_api_fleet::idle() const noexcept { return impl_->poster.idle(); }
const std::string& broker_api_fleet::refusal() const noexcept { return impl_->poster.refusal(); }
fleet_counts broker_api_fleet::take_counts() { return impl_->fleet.take_counts(); }
std::vector<std::string> broker_api_fleet::take_unmatched_fields() { return impl_->fleet.take_unmatched_fields(); }
broker_api_counts broker_api_fleet::take_broker_api_counts() { return std::exchange(impl_->poster.counts, {}); }

} // namespace loadsim::fleet
