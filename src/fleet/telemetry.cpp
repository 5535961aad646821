// What real vehicles say without being asked: each in its turn, all of them once in each round.
#include "vehicles_state.hpp"

#include "traits.hpp"

#include <loadsim/base/draw.hpp>

#include <algorithm>
#include <chrono>

namespace loadsim::fleet {
namespace {

/// In a row; then others have their turn.
constexpr int most_at_once = 64;

} // namespace

/// The turns of the whole fleet are spread evenly over a round, so those of all its shards are. Who is away misses its turn.
void vehicles::state::telemetry_due() {
    if (stopping || cars.empty()) return;
    const auto every = the.terms.options().telemetry->every;
    const auto due = [&] {
        const auto part = static_cast<double>(cars[telemetry_place].link.tag()) / the.options.vehicles;
        const auto into = std::chrono::duration_cast<nanoseconds>(every * part);
        return start + static_cast<std::int64_t>(round - 1) * every + into;
    };
    for (int sent = 0; sent < most_at_once && due() <= now(); ++sent) {
        send_telemetry(cars[telemetry_place]);
        if (++telemetry_place < cars.size()) continue;
        telemetry_place = 0;
        ++round;
    }
    loop.arm(next_telemetry, std::max(due(), now()));
}

void vehicles::state::send_telemetry(car& c) {
    if (!hears_now(c) || !c.link.online()) return;
    const auto vin = vin_of(c);
    draws chance(the.seed, stream::text, index(id_of(c)), draws_from(spoken::telemetry, round));
    auto of = known_of(the, id_of(c));
    of.vin = vin;
    of.seq = static_cast<std::int64_t>(round);
    of.now_us = clock_of(c);
    of.sent_us = std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch()).count();
    of.draw = &chance;
    if (!the.terms.compose_telemetry(of, message)) {
        ++counted.sessions.reasons["telemetry not sent: its payload cannot be made"];
        return;
    }
    const auto sent = publish(c, message, the.options.mqtt.response_qos);
    if (sent.error) ++counted.sessions.reasons["telemetry not sent: " + sent.error.message()];
}

} // namespace loadsim::fleet
