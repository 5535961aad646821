// CPU time per arrival before sending: due time, vehicle and service selection.
#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <algorithm>
#include <optional>
#include <vector>

using namespace loadsim;
using namespace loadsim::load;
using namespace std::chrono_literals;

namespace {

phase from_to(double from, double to) {
    phase p;
    p.duration = 3h;
    p.arrival_rate = {from};
    p.ramp_to = rate{to};
    return p;
}

void iterate(benchmark::State& state, const phase& p, spacing s) {
    const schedule arrivals{{p}, s, 1};
    schedule::cursor cursor{arrivals};
    for (auto _ : state) {
        auto due = cursor.next();
        if (!due) {
            state.SkipWithError("the plan is too short");
            break;
        }
        benchmark::DoNotOptimize(due);
    }
}

void next_constant(benchmark::State& state) { iterate(state, from_to(1e6, 1e6), spacing::uniform); }
void next_ramp(benchmark::State& state) { iterate(state, from_to(0, 2e6), spacing::uniform); }
void next_poisson(benchmark::State& state) { iterate(state, from_to(1e6, 1e6), spacing::poisson); }

void choose_vehicle(benchmark::State& state) {
    std::uint64_t arrival = 0;
    for (auto _ : state) benchmark::DoNotOptimize(first_vehicle(1, arrival_id{arrival++}, 100'000));
}

double allocated() {
    const auto heap = ::mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}

/// Substitute from a fleet of which one in `every` vehicles is free; it is busy until as many others have been taken.
void choose_substitute(benchmark::State& state) {
    const auto fleet = static_cast<std::uint32_t>(state.range(0));
    const auto every = static_cast<std::uint32_t>(state.range(1));
    const auto before = allocated();
    free_vehicles free(fleet, {});
    state.counters["bytes"] = allocated() - before;
    for (std::uint64_t v = 0; v < fleet; v += every) free.set(vehicle_id{static_cast<std::uint32_t>(v)}, true);
    std::vector<std::optional<vehicle_id>> busy(std::min(fleet / every / 2, 1000U) + 1);
    std::uint64_t arrival = 0;
    for (auto _ : state) {
        auto& one = busy[arrival % busy.size()];
        if (one) free.set(*one, true);
        one = free.substitute(1, arrival_id{arrival++});
        if (one) free.set(*one, false);
    }
}

void choose_service(benchmark::State& state) {
    const double services[] = {3, 1};
    const service_selection choice{1, services};
    std::uint64_t arrival = 0;
    for (auto _ : state) benchmark::DoNotOptimize(choice.service_of(arrival_id{arrival++}));
}

} // namespace

BENCHMARK(next_constant);
BENCHMARK(next_ramp);
BENCHMARK(next_poisson);
BENCHMARK(choose_vehicle);
BENCHMARK(choose_substitute)
    ->ArgNames({"vehicles", "one free in"})
    ->ArgsProduct({{100'000, 1'000'000, 24'500'000}, {1, 10'000, 100'000'000}});
BENCHMARK(choose_service);
