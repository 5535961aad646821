// CPU time per arrival before sending: due time, vehicle and service selection.
#include <loadsim/load/schedule.hpp>
#include <loadsim/load/selection.hpp>

#include <benchmark/benchmark.h>

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
    for (auto _ : state) benchmark::DoNotOptimize(candidates(1, arrival_id{arrival++}, 100'000).first());
}

void choose_substitute(benchmark::State& state) {
    const auto fleet_size = static_cast<std::uint32_t>(state.range(0));
    std::uint64_t arrival = 0;
    for (auto _ : state) benchmark::DoNotOptimize(candidates(1, arrival_id{arrival++}, fleet_size).candidate(1));
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
BENCHMARK(choose_substitute)->Arg(2'000)->Arg(100'003)->Arg(1'000'000);
BENCHMARK(choose_service);
