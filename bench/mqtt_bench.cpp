// CPU time of the MQTT codec and of one message exchange of a session, in nanoseconds.
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/mqtt/session.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace loadsim;
using namespace loadsim::mqtt;

const std::string topic = "v1/LZ9SMEV05TF000001/rsp/0123456789abcdef";
const std::string payload(128, 'x');
const message command{.topic = topic, .payload = payload, .quality = qos::at_least_once};

class counter final : public session_events {
public:
    void on_connected(session&, const server_limits&) override {}
    void on_message(session&, const message& m) override { received += m.payload.size(); }
    void on_published(session&, std::uint16_t, reason) override { ++received; }
    void on_subscribed(session&, std::uint16_t, std::span<const reason>) override {}
    std::size_t received = 0;
};

void mqtt_encode_publish(benchmark::State& state) {
    bytes out;
    for (auto _ : state) {
        out.clear();
        benchmark::DoNotOptimize(encode(command, 7, version::v5_0, out));
        benchmark::ClobberMemory();
    }
}
BENCHMARK(mqtt_encode_publish);

void mqtt_decode_publish(benchmark::State& state) {
    bytes in;
    (void)encode(command, 7, version::v5_0, in);
    for (auto _ : state) {
        header h;
        publish_packet p;
        benchmark::DoNotOptimize(read_header(in, h));
        benchmark::DoNotOptimize(decode(frame(h, in), version::v5_0, p));
        benchmark::DoNotOptimize(p);
    }
}
BENCHMARK(mqtt_decode_publish);

/// Receives a QoS 1 command, acknowledges it, publishes a QoS 1 response and receives its acknowledgement.
/// Argument: 1 for a resumable session, which stores its messages; 0 for a clean start.
void mqtt_session_round_trip(benchmark::State& state) {
    session_options options;
    options.clean_start = state.range(0) == 0;
    options.session_expiry = std::chrono::seconds{state.range(0) * 60};
    session car(options);
    counter events;
    const monotonic_time now{};
    bytes out, in;
    car.open({.client_id = "car"}, now, out);
    (void)car.receive(bytes{0x20, 3, 0, 0, 0}, now, out, events);
    (void)encode(command, 7, version::v5_0, in);
    for (auto _ : state) {
        out.clear();
        (void)car.receive(in, now, out, events);
        const auto id = car.publish(command, now, out).packet_id;
        const bytes::value_type puback[] = {0x40, 2, static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id)};
        (void)car.receive(puback, now, out, events);
    }
    benchmark::DoNotOptimize(events.received);
}
BENCHMARK(mqtt_session_round_trip)->Arg(0)->Arg(1);

/// Many messages in flight, acknowledged in order. The cost per message must not grow with their number.
void mqtt_session_in_flight(benchmark::State& state) {
    const session_options options;
    session car(options);
    counter events;
    const monotonic_time now{};
    bytes out;
    car.open({.client_id = "car"}, now, out);
    (void)car.receive(bytes{0x20, 3, 0, 0, 0}, now, out, events);
    const auto depth = static_cast<std::uint16_t>(state.range(0));
    for (int i = 0; i < depth; ++i) (void)car.publish(command, now, out);
    for (auto _ : state) {
        out.clear();
        const auto id = car.publish(command, now, out).packet_id;
        const auto oldest = static_cast<std::uint16_t>((id - 1 - depth + 65'535) % 65'535 + 1);
        const bytes::value_type puback[] = {0x40, 2, static_cast<std::uint8_t>(oldest >> 8),
                                            static_cast<std::uint8_t>(oldest)};
        (void)car.receive(puback, now, out, events);
    }
    benchmark::DoNotOptimize(events.received);
}
BENCHMARK(mqtt_session_in_flight)->Arg(1)->Arg(100)->Arg(10'000);

} // namespace
