// Speed of a rehearsal: the pilot scenario, three hours and over a million requests, in simulated time.
#include <loadsim/run/rehearsal.hpp>

#include <loadsim/scenario/read.hpp>

#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace loadsim;

namespace {

constexpr auto pilot_file = LOADSIM_ROOT "/scenarios/remote-services-pilot.yaml";

/// Items processed: requests.
void rehearse_pilot(benchmark::State& state) {
    std::ifstream file(pilot_file);
    const auto pilot = scenario::read(std::string(std::istreambuf_iterator<char>(file), {}), pilot_file);
    if (!pilot) return state.SkipWithError(to_string(pilot.error()).c_str());
    std::uint64_t requests = 0;
    const run::listener callbacks{
        .on_notice = [](const std::string&) {},
        .on_progress = [](const measure::progress&) {},
        .on_finished = [&](const measure::run_result& f) { requests += f.sum.requests.ended(); }};
    for (auto _ : state)
        if (!run::rehearse(*pilot, {}, callbacks)) return state.SkipWithError("it cannot be rehearsed");
    state.SetItemsProcessed(static_cast<std::int64_t>(requests));
}

BENCHMARK(rehearse_pilot)->Unit(benchmark::kSecond)->Iterations(1);

} // namespace
