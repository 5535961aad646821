// Vehicles behind the broker API: the simulated fleet in real time.
#include <loadsim/fleet/broker_api.hpp>

#include "broker_api/response_poster.hpp"
#include "simulated_fleet/simulated_fleet.hpp"

#include <loadsim/net/loop.hpp>
#include <loadsim/net/url.hpp>

#include <utility>

namespace loadsim::fleet {
namespace {

response_poster::client_factory make_client_factory(net::loop& loop, const inbound_options& to,
                                                    std::uint32_t connections) {
    return [&loop, &to, connections](http::client_events& events) -> result<std::unique_ptr<http::client>> {
        auto url = net::parse_api_url(to.url);
        if (!url) return url.error();
        return http::client::make(loop, events,
                                  {.base_urls = {std::move(*url)},
                                   .tls = to.tls,
                                   .max_connections = connections,
                                   .timeout = to.timeout,
                                   .limits = to.limits});
    };
}

class broker_api_fleet final : private uplink_sink, public simulated_fleet {
public:
    broker_api_fleet(net::loop& loop, const time_source& time, vehicle_events& events, const fleet_spec& spec,
                     const broker_api_options& o, nanoseconds system_offset, std::uint32_t connections)
        : simulated_fleet([&loop](net::timer& t, monotonic_time when) { loop.arm(t, when); }, time, events, spec, *this,
                          {.system_offset = system_offset,
                           .report_absent_lazily = true,
                           .presence = o.inbound.presence,
                           .time_sliced = true}),
          loop_(loop),
          poster_(o, spec.seed, spec.shard_partition.index + 1, make_client_factory(loop, o.inbound, connections)) {}

    void deliver(vehicle_id v, delivered_command&& command) override {
        const auto bytes = command.topic.size() + command.payload.size();
        loop_.count_received(bytes);
        loop_.traffic.bytes_received += bytes;
        simulated_fleet::deliver(v, std::move(command));
    }
    void stop() override {
        simulated_fleet::stop();
        poster_.stop();
    }
    bool idle() const noexcept override { return poster_.idle(); }
    const std::string& refusal() const noexcept override { return poster_.refusal(); }
    fleet_counts take_counts() override {
        auto all = simulated_fleet::take_counts();
        all.broker_api = std::exchange(poster_.counts, {});
        return all;
    }

private:
    void on_vehicle_message(vehicle_id v, std::string_view request, std::string_view topic,
                            std::string_view payload) override {
        const auto bytes = topic.size() + payload.size();
        loop_.count_published(bytes);
        loop_.traffic.bytes_sent += bytes;
        poster_.post(v, vin_of(v), request, payload, load_start_ == never ? nanoseconds{-1} : now() - load_start_);
    }

    bool has_capacity() const override { return poster_.has_capacity(); }

    net::loop& loop_;
    response_poster poster_;
};

} // namespace

std::unique_ptr<vehicles> make_broker_api_fleet(net::loop& loop, const time_source& time, vehicle_events& events,
                                                const fleet_spec& spec, const broker_api_options& o,
                                                nanoseconds system_offset, std::uint32_t inbound_connections) {
    return std::make_unique<broker_api_fleet>(loop, time, events, spec, o, system_offset, inbound_connections);
}

} // namespace loadsim::fleet
