// What an arrival costs before anything is sent: its due time, its vehicle, its service.
#include <loadsim/load/choice.hpp>
#include <loadsim/load/schedule.hpp>

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

void walk(benchmark::State& state, const phase& p, spacing s) {
    const schedule plan{{p}, s, 1};
    schedule::cursor cursor{plan};
    for (auto _ : state) {
        auto due = cursor.next();
        if (!due) {
            state.SkipWithError("the plan is too short");
            break;
        }
        benchmark::DoNotOptimize(due);
    }
}

void next_constant(benchmark::State& state) { walk(state, from_to(1e6, 1e6), spacing::uniform); }
void next_ramp(benchmark::State& state) { walk(state, from_to(0, 2e6), spacing::uniform); }
void next_poisson(benchmark::State& state) { walk(state, from_to(1e6, 1e6), spacing::poisson); }

void choose_vehicle(benchmark::State& state) {
    std::uint64_t arrival = 0;
    for (auto _ : state) benchmark::DoNotOptimize(candidates(1, arrival_id{arrival++}, 100'000).first());
}

void choose_substitute(benchmark::State& state) {
    const auto fleet = static_cast<std::uint32_t>(state.range(0));
    std::uint64_t arrival = 0;
    for (auto _ : state) benchmark::DoNotOptimize(candidates(1, arrival_id{arrival++}, fleet).candidate(1));
}

void choose_service(benchmark::State& state) {
    const service_weight services[] = {{"horn", 3}, {"lights", 1}};
    const service_choice choice{1, services};
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
