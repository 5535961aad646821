// CPU time of a vehicle's signals at an instant, and of rendering them.
#include <loadsim/telemetry/vehicle_model.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <string>

namespace {

using namespace loadsim;
using namespace std::chrono_literals;
using name = telemetry::signal;

/// Round trips one after the other from 6:00 on.
telemetry::trip_options trips(int round_trips) {
    telemetry::trip_options options;
    for (int i = 0; i < round_trips; ++i)
        options.round_trips.push_back({.departure = 6h + i * 200min,
                                       .departure_back = 6h + i * 200min + 100min,
                                       .spread = 10min,
                                       .length = {8'000, 25'000}});
    options.routes = {{{48.10, 11.50, 520}, {48.12, 11.53, 525}, {48.15, 11.52, 540}, {48.16, 11.58, 500}}};
    return options;
}

/// Each time another vehicle, a millisecond later.
template <class Function>
void each_vehicle(benchmark::State& state, const Function& function) {
    const telemetry::vehicle_model model(trips(static_cast<int>(state.range(0))), 42);
    std::uint32_t n = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(function(model, vehicle_id{n % 1'000'000}, 7h + 1ms * n));
        ++n;
    }
}

void signals_at(benchmark::State& state) {
    each_vehicle(state, [](const auto& model, vehicle_id v, nanoseconds t) { return model.signals_at(v, t); });
}
void state_at(benchmark::State& state) {
    each_vehicle(state, [](const auto& model, vehicle_id v, nanoseconds t) { return model.state_at(v, t); });
}
void next_state_change(benchmark::State& state) {
    each_vehicle(state, [](const auto& model, vehicle_id v, nanoseconds t) { return model.next_state_change(v, t); });
}

void render_ten_signals(benchmark::State& state) {
    constexpr std::array ten{name::latitude,    name::longitude,         name::heading,         name::speed,
                             name::is_moving,   name::traveled_distance, name::state_of_charge, name::battery_voltage,
                             name::is_charging, name::low_voltage_state};
    const auto values = telemetry::vehicle_model(trips(1), 42).signals_at(vehicle_id{1}, 6h);
    std::string out;
    for (auto _ : state) {
        out.clear();
        for (const auto s : ten) {
            out += out.empty() ? "{\"" : ",\"";
            out += telemetry::info(s).name;
            out += "\":";
            append_json(values, s, out);
        }
        out += '}';
        benchmark::ClobberMemory();
    }
}

} // namespace

BENCHMARK(signals_at)->ArgName("round trips")->Arg(0)->Arg(1)->Arg(4);
BENCHMARK(state_at)->ArgName("round trips")->Arg(1)->Arg(4);
BENCHMARK(next_state_change)->ArgName("round trips")->Arg(1)->Arg(4);
BENCHMARK(render_ten_signals);
