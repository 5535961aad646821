// Cost of an external program: the same rehearsed commands with a behaviour in YAML and with a program, in one run.
#include <loadsim/run/rehearsal.hpp>

#include <loadsim/scenario/program_answer.hpp>
#include <loadsim/scenario/read.hpp>

#include <benchmark/benchmark.h>
#include <boost/json/parse.hpp>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>

using namespace loadsim;

namespace {

using clock_type = std::chrono::steady_clock;

scenario::scenario_config commands_with(const std::string& behaviour) {
    const auto text = R"(
name: exec
fleet: {vehicles: 1000, segments: [{name: all, share: 100%, behaviour: measured}]}
behaviours: {measured: )" +
                      behaviour + R"(}
load: {phases: [{duration: 20s, arrivalRate: 500}], completionTimeout: 5m, drain: 1m}
)";
    return scenario::read(text, "exec_bench").value();
}

struct cost {
    double wall_s = 0; ///< with the time of the program
    double cpu_s = 0;  ///< of loadsim alone
    double requests = 0;
};

cost rehearse(const scenario::scenario_config& config) {
    cost measured;
    const run::listener callbacks{.on_notice = [](const std::string&) {},
                                  .on_progress = [](const measure::progress&) {},
                                  .on_finished =
                                      [&measured](const measure::run_result& result) {
                                          measured.requests = static_cast<double>(result.sum.requests.ended());
                                      }};
    const auto begun = clock_type::now();
    const auto cpu_begun = std::clock();
    if (!run::rehearse(config, {}, callbacks)) return {};
    measured.cpu_s = static_cast<double>(std::clock() - cpu_begun) / CLOCKS_PER_SEC;
    measured.wall_s = std::chrono::duration<double>(clock_type::now() - begun).count();
    return measured;
}

/// One question at a time, and its answer awaited: the most that a question costs. Both ways in each iteration.
void exec_and_yaml(benchmark::State& state) {
    const auto in_yaml = commands_with("{steps: [ack, {wait: 20ms}, executed]}");
    const auto by_program = commands_with("{exec: " LOADSIM_ROOT "/tests/data/exec/answers.py, timeout: 10s}");
    cost yaml, program;
    const auto add = [](cost& sum, const cost& more) {
        sum.wall_s += more.wall_s;
        sum.cpu_s += more.cpu_s;
        sum.requests += more.requests;
    };
    for (auto _ : state) {
        add(yaml, rehearse(in_yaml));
        add(program, rehearse(by_program));
    }
    if (yaml.requests == 0 || program.requests == 0) return state.SkipWithError("it cannot be rehearsed");
    const auto us_of = [](double total_s, const cost& c) { return total_s * 1e6 / c.requests; };
    state.counters["yaml_cpu_us"] = us_of(yaml.cpu_s, yaml);
    state.counters["exec_cpu_us"] = us_of(program.cpu_s, program);
    state.counters["exec_wall_us"] = us_of(program.wall_s, program);
    state.counters["cpu_ratio"] = us_of(program.cpu_s, program) / us_of(yaml.cpu_s, yaml);
}
BENCHMARK(exec_and_yaml)->Unit(benchmark::kSecond)->Iterations(3);

/// Cost of an answer on the thread of the vehicles, without the pipe.
void exec_read_answer(benchmark::State& state) {
    const std::string line = R"({"id":17,"steps":["ack",{"wait":"20ms"},"executed"]})";
    for (auto _ : state) benchmark::DoNotOptimize(scenario::read_program_answer(boost::json::parse(line).get_object()));
}
BENCHMARK(exec_read_answer);

} // namespace
