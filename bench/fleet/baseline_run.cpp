#include "baseline_run.hpp"

#include "connect_rate.hpp"
#include "program_output.hpp"

#include <string>
#include <vector>

namespace loadsim::bench {
namespace {

std::vector<std::string> command_line(const bench_environment& environment, const workload& c) {
    std::vector<std::string> command{environment.programs().baseline, c.telemetry_qos     ? "telemetry"
                                                                      : c.per_second == 0 ? "connect"
                                                                                          : "exchange"};
    const auto add = [&](const char* name, std::int64_t value) {
        command.emplace_back(name);
        command.push_back(std::to_string(value));
    };
    command.insert(command.end(), {"--port", environment.port()});
    add("--sessions", c.vehicles);
    add("--in-flight", max_pending_connects);
    if (c.per_second == 0) {
        add("--hold", (c.idle_before + c.load + c.idle_after).count());
        return command;
    }
    add("--per-second", c.per_second);
    add("--hold", c.idle_before.count());
    add("--warm-up", 0);
    add("--seconds", c.load.count());
    add("--linger", c.idle_after.count());
    if (c.telemetry_qos) add("--qos", *c.telemetry_qos);
    return command;
}

} // namespace

baseline_run::baseline_run(const bench_environment& environment, const workload& spec)
    : workload_(spec), process_("floor", command_line(environment, spec), environment.folder()) {}

double baseline_run::await_online() {
    return measure_connect_rate(process_, workload_.vehicles, [this] {
        if (process_.errors().find("floor: online") == std::string::npos) return false;
        online_since_ = std::chrono::steady_clock::now();
        return true;
    });
}

metrics baseline_run::finish() {
    auto all = read_result(process_);
    if (workload_.per_second == 0) return all;
    if (workload_.telemetry_qos) {
        all["requests"] = all.at("messages");
        for (const std::string name : {"lag_p99", "lag_max"}) all[name + "_ms"] = all.at(name + "_us") / 1e3;
        return all;
    }
    all["requests"] = all.at("exchanges");
    for (const std::string name : {"latency_p50", "latency_p99", "latency_max", "lag_p99", "lag_max"})
        all[name + "_ms"] = all.at(name + "_us") / 1e3;
    return all;
}

} // namespace loadsim::bench
