// Keys of an external program: of a behaviour, and of a payload of telemetry.
#pragma once

#include "read_context.hpp"
#include "schema_visitors.hpp"
#include "value_types.hpp"

#include <loadsim/base/program_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::scenario {

inline constexpr std::size_t max_program_arguments = 100;

struct program_keys {
    std::optional<std::string> exec;
    std::optional<std::vector<std::string>> args;
    std::optional<nanoseconds> timeout;
    std::optional<std::uint32_t> in_flight;
};

template <class V>
void describe_program(V& v, program_keys& k) {
    v.field("exec", k.exec,
            "External program, an executable file, that is asked over its standard input and output: docs/exec.md.",
            value_types::file_path{});
    v.field("args", k.args, "Arguments of the program.",
            value_types::list<value_types::text>{{}, "arguments", max_program_arguments});
    v.field("timeout", k.timeout, "Time in which the program answers a question; left out: 1s.",
            value_types::duration{.min = std::chrono::milliseconds{1}, .max = std::chrono::minutes{10}});
    v.field("inFlight", k.in_flight,
            "Most questions that wait for the program's answer in each shard; left out: 1000. One more is not asked.",
            value_types::integer<std::uint32_t>{1, 1'000'000});
}

/// nullopt: there is no `exec`; keys without it are a problem.
inline std::optional<program_options> program_of(read_context& r, const yaml_node& n, program_keys k) {
    if (!k.exec) {
        if (k.args || k.timeout || k.in_flight)
            r.add_problem(n, "args, timeout and inFlight are of an external program; name it with exec: ./car.py");
        return std::nullopt;
    }
    program_options o;
    o.path = std::move(*k.exec);
    if (k.args) o.arguments = std::move(*k.args);
    o.timeout = k.timeout.value_or(o.timeout);
    o.in_flight = k.in_flight.value_or(o.in_flight);
    return o;
}

inline program_keys keys_of(const program_options& o) {
    program_keys k{.exec = o.path, .args = {}, .timeout = o.timeout, .in_flight = o.in_flight};
    if (!o.arguments.empty()) k.args = o.arguments;
    return k;
}

} // namespace loadsim::scenario
