// CPU time per telemetry message before sending: its due time, its turn among those of all vehicles, and the store for it.
#include <loadsim/telemetry/due_agenda.hpp>
#include <loadsim/telemetry/group_schedule.hpp>
#include <loadsim/telemetry/message_store.hpp>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;

namespace {

struct always_driving {
    std::size_t state_at(vehicle_id, nanoseconds) const { return 1; }
    nanoseconds next_state_change(vehicle_id, nanoseconds) const { return nanoseconds::max(); }
};

const rate_factors no_step;

/// One message a second and vehicle. The load is long enough for any number of iterations.
group_schedule each_second(std::uint32_t vehicles, double jitter) {
    group_options o;
    o.every = period_always(1s);
    o.jitter = {jitter};
    return {o, 0, 1, vehicles, no_step, {}, 9'000h};
}

void next_due(benchmark::State& state, double jitter) {
    const auto schedule = each_second(1, jitter);
    const auto first = schedule.first(always_driving{}, vehicle_id{0});
    auto m = first;
    for (auto _ : state) {
        m = schedule.next(m, always_driving{}, vehicle_id{0});
        if (m.due() > 8'000h) m = first;
        benchmark::DoNotOptimize(m);
    }
}

void next_telemetry(benchmark::State& state) { next_due(state, 0); }
void next_telemetry_with_jitter(benchmark::State& state) { next_due(state, 0.1); }

/// Of the heap of this process.
std::size_t allocated_bytes() {
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

/// Next message of a fleet in order of due times: the front of the agenda, its due time, its new place.
void take_telemetry(benchmark::State& state) {
    const auto vehicles = static_cast<std::uint32_t>(state.range(0));
    const auto schedule = each_second(vehicles, 0.1);
    const auto before = allocated_bytes();
    std::vector<due_message> messages;
    messages.reserve(vehicles);
    due_agenda agenda(vehicles);
    for (std::uint32_t v = 0; v < vehicles; ++v) {
        messages.push_back(schedule.first(always_driving{}, vehicle_id{v}));
        agenda.add(v, messages.back().due());
    }
    const auto bytes = static_cast<double>(allocated_bytes() - before);
    for (auto _ : state) {
        const auto v = agenda.front();
        messages[v] = schedule.next(messages[v], always_driving{}, vehicle_id{v});
        agenda.replace_front(messages[v].due());
    }
    state.counters["bytes a vehicle"] = bytes / vehicles;
}

/// A message of 200 bytes of each of 15,000 vehicles into the store, or out of it, in turn.
void store_telemetry(benchmark::State& state) {
    constexpr std::uint32_t vehicles = 15'000, messages = 20;
    store_options o;
    o.age = {};
    message_store store(o, nullptr, {});
    const std::string payload(200, 'x');
    stored_message m;
    m.topic = "v1/LZ9SMEV05TF000001/tlm/position";
    m.payload = payload;
    std::uint32_t n = 0;
    for (auto _ : state) {
        m.vehicle = vehicle_id{n % vehicles};
        if (n / vehicles < messages) {
            store.put(m, 1s);
        } else {
            benchmark::DoNotOptimize(store.front(m.vehicle, 2s));
            store.pop_front(m.vehicle, 2s);
        }
        n = (n + 1) % (2 * messages * vehicles);
    }
}

} // namespace

BENCHMARK(next_telemetry);
BENCHMARK(next_telemetry_with_jitter);
BENCHMARK(take_telemetry)->ArgName("vehicles")->Arg(15'000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(store_telemetry);
