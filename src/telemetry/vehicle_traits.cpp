#include "vehicle_traits.hpp"

#include "seeded_numbers.hpp"

namespace loadsim::telemetry {

vehicle_traits traits_of(std::uint64_t seed, vehicle_id vehicle, std::size_t routes) {
    const auto bits = [&](std::size_t i) {
        return random_bits(seed, stream_id::signal, index(vehicle), counter_of(purpose::vehicle, -1, i));
    };
    const auto battery = bits(0);
    const auto where = bits(1);
    vehicle_traits v;
    v.capacity = 58 + 22 * unit_part(battery, 0);
    v.full_level = 0.80 + 0.15 * unit_part(battery, 1);
    v.consumption = (0.140 + 0.050 * unit_part(battery, 2)) / 1000;
    v.warmer_by = -2 + 4 * unit_part(battery, 3);
    v.odometer = 2288 * 65536 * unit_part(where, 0); // up to 150,000 km, whole metres
    v.home = unit_part(where, 1);
    v.route = static_cast<std::uint32_t>(unit_part(where, 2) * static_cast<double>(routes));
    return v;
}

tyre_traits tyres_of(std::uint64_t seed, vehicle_id vehicle) {
    const auto bits = random_bits(seed, stream_id::signal, index(vehicle), counter_of(purpose::tyres));
    tyre_traits t;
    for (unsigned i = 0; i < t.loss.size(); ++i) t.loss[i] = 5 + 20 * unit_part(bits, i);
    t.phase = unit_part(bits * 0x9e3779b97f4a7c15U, 3);
    return t;
}

} // namespace loadsim::telemetry
