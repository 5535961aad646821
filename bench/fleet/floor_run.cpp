#include "floor_run.hpp"

#include "connecting.hpp"
#include "said.hpp"

#include <string>
#include <vector>

namespace loadsim::bench {
namespace {

std::vector<std::string> command_of(const stage& on, const course& c) {
    std::vector<std::string> command{on.programs().floor, c.per_second == 0 ? "connect" : "exchange"};
    const auto add = [&](const char* name, std::int64_t value) {
        command.emplace_back(name);
        command.push_back(std::to_string(value));
    };
    command.insert(command.end(), {"--port", on.port()});
    add("--sessions", c.vehicles);
    add("--in-flight", connects_at_once);
    if (c.per_second == 0) {
        add("--hold", (c.idle_before + c.load + c.idle_after).count());
        return command;
    }
    add("--per-second", c.per_second);
    add("--hold", c.idle_before.count());
    add("--warm-up", 0);
    add("--seconds", c.load.count());
    add("--linger", c.idle_after.count());
    return command;
}

} // namespace

floor_run::floor_run(const stage& on, const course& wanted)
    : course_(wanted), process_("floor", command_of(on, wanted), on.folder()) {}

double floor_run::await_online() {
    return connects_per_second(process_, course_.vehicles, [this] {
        if (process_.errors().find("floor: online") == std::string::npos) return false;
        online_since_ = std::chrono::steady_clock::now();
        return true;
    });
}

figures floor_run::finish() {
    auto all = result_of(process_);
    if (course_.per_second == 0) return all;
    all["requests"] = all.at("exchanges");
    for (const std::string name : {"latency_p50", "latency_p99", "latency_max", "lag_p99", "lag_max"})
        all[name + "_ms"] = all.at(name + "_us") / 1e3;
    return all;
}

} // namespace loadsim::bench
