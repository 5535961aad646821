// The vehicles behind the broker's API: the model in real time.
#include <loadsim/fleet/broker_api.hpp>

#include "inbound_poster.hpp"

#include <loadsim/fleet/model_vehicles.hpp>
#include <loadsim/fleet/plan.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/options.hpp>
#include <loadsim/vehicle/registry.hpp>

#include <utility>

namespace loadsim::fleet {
namespace {

inbound_poster::sending line_to_platform(net::loop& loop, const inbound_options& to, std::uint32_t connections) {
    return [&loop, &to, connections](http::client_events& told) -> result<std::unique_ptr<http::client>> {
        auto url = net::parse_api_url(to.url);
        if (!url) return url.error();
        return http::client::make(
            loop, told, {.bases = {std::move(*url)}, .tls = to.tls, .connections = connections, .timeout = to.timeout});
    };
}

} // namespace

class broker_api_vehicles::state final : private model_broker {
public:
    state(net::loop& loop, const time_source& time, vehicle_events& events, const plan& p, const broker_api_options& o,
          nanoseconds date_ahead, std::uint32_t connections)
        : poster(o, p.seed, p.share.index + 1, line_to_platform(loop, o.inbound, connections)),
          cars([&loop](net::timer& t, monotonic_time when) { loop.arm(t, when); }, time, events, p, *this,
               {.date_ahead = date_ahead,
                .absent_when_called = true,
                .presence = o.inbound.presence,
                .in_slices = true}),
          loop_(loop), registry_(p.cars) {}

    void begin_load(monotonic_time start) {
        start_ = start;
        cars.begin_load(start);
    }

    void deliver(vehicle_id v, broker_api_command command) {
        ++loop_.moved.received;
        loop_.moved.bytes_received += command.topic.size() + command.payload.size();
        cars.deliver(v, command.topic, command.payload, 1, never, std::move(command.headers));
    }

    void stop() {
        cars.stop();
        poster.stop();
    }

    inbound_poster poster;
    model_vehicles cars; // after it: through it they speak

private:
    void from_vehicle(vehicle_id v, std::string_view request, std::string_view topic,
                      std::string_view payload) override {
        ++loop_.moved.published;
        loop_.moved.bytes_sent += topic.size() + payload.size();
        poster.post(v, registry_.vin_of(v), request, payload, start_ == never ? nanoseconds{-1} : loop_.now() - start_);
    }

    net::loop& loop_;
    const vehicle::registry& registry_;
    monotonic_time start_ = never;
};

broker_api_vehicles::broker_api_vehicles(net::loop& loop, const time_source& time, vehicle_events& events,
                                         const plan& p, const broker_api_options& o, nanoseconds date_ahead,
                                         std::uint32_t inbound_connections)
    : state_(std::make_unique<state>(loop, time, events, p, o, date_ahead, inbound_connections)) {}
broker_api_vehicles::~broker_api_vehicles() = default;

void broker_api_vehicles::begin_load(monotonic_time start) { state_->begin_load(start); }
void broker_api_vehicles::deliver(vehicle_id v, broker_api_command command) { state_->deliver(v, std::move(command)); }
void broker_api_vehicles::behave_next(vehicle_id v, const vehicle::behaviour& b) { state_->cars.behave_next(v, b); }
void broker_api_vehicles::wake(vehicle_id v) { state_->cars.wake(v); }
void broker_api_vehicles::cut() { state_->cars.cut(); }
std::optional<nanoseconds> broker_api_vehicles::next_turn() { return state_->cars.next_turn(); }
void broker_api_vehicles::stop() { state_->stop(); }

std::uint32_t broker_api_vehicles::size() const noexcept { return state_->cars.size(); }
bool broker_api_vehicles::reachable(vehicle_id v) const { return state_->cars.reachable(v); }
std::uint32_t broker_api_vehicles::reachable() const noexcept { return state_->cars.reachable(); }
std::uint32_t broker_api_vehicles::asked() const noexcept { return state_->cars.asked(); }
std::uint32_t broker_api_vehicles::online() const noexcept { return state_->cars.online(); }
bool broker_api_vehicles::settled() const noexcept { return state_->poster.idle(); }
const std::string& broker_api_vehicles::refusal() const noexcept { return state_->poster.refusal(); }
seen broker_api_vehicles::take() { return state_->cars.take(); }
std::vector<std::string> broker_api_vehicles::misfits() { return state_->cars.misfits(); }
broker_api_counts broker_api_vehicles::take_counts() { return std::exchange(state_->poster.counted, {}); }

} // namespace loadsim::fleet
