#include "competitors.hpp"

#include "process.hpp"
#include "temporary_folder.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace loadsim::bench {
namespace {

namespace json = boost::json;

/// The request of loadsim's HTTP driver as a wrk script.
constexpr auto wrk_script = R"(wrk.method = "POST"
wrk.path = "/vehicles/LZ9SMEV05TF000001/remote-services/horn"
wrk.headers["Content-Length"] = "0"
wrk.headers["Accept"] = "application/json"
)";

struct finished_program {
    std::string output;
    double cpu_s;
};

finished_program run_checked(const std::vector<std::string>& command) {
    finished_program program{};
    const auto result = harness::run(pinned(command, core::client), program.output);
    if (result.exit_code != 0)
        throw std::runtime_error(
            fmt::format("{} ended with {}:\n{}", command.front(), result.exit_code, program.output));
    program.cpu_s = result.cpu_s;
    return program;
}

open_loop_sample run_load(const std::vector<std::string>& command) {
    const auto result = run_checked(command);
    const auto printed = json::parse(result.output).as_object();
    const auto number = [&](const char* name) { return printed.at(name).to_number<double>(); };
    if (number("trouble") != 0)
        throw std::runtime_error(fmt::format("loadsim's driver: {} requests were not accepted, the first because: {}",
                                             number("trouble"), printed.at("first_trouble").as_string().c_str()));
    return {.all = {.requests = number("requests"), .seconds = number("seconds"), .cpu_s = result.cpu_s},
            .lag_p50_us = number("lag_p50_us"),
            .lag_p99_us = number("lag_p99_us"),
            .lag_max_us = number("lag_max_us"),
            .accept_p50_us = number("accept_p50_us"),
            .accept_p99_us = number("accept_p99_us")};
}

} // namespace

sample run_wrk(std::uint16_t port, unsigned connections, unsigned seconds) {
    const harness::temporary_folder folder;
    const auto result =
        run_checked({"wrk", "-t1", fmt::format("-c{}", connections), fmt::format("-d{}s", seconds), "-s",
                     folder.write("post.lua", wrk_script), fmt::format("http://127.0.0.1:{}/", port)});
    if (result.output.find("Non-2xx") != std::string::npos || result.output.find("Socket errors") != std::string::npos)
        throw std::runtime_error("wrk met errors:\n" + result.output);
    // "  163000 requests in 3.00s, 30.00MB read" and "Requests/sec:  54333.33"
    const auto requests_at = result.output.find(" requests in ");
    const auto rate_at = result.output.find("Requests/sec:");
    if (requests_at == std::string::npos || rate_at == std::string::npos)
        throw std::runtime_error("wrk's report cannot be read:\n" + result.output);
    const auto line = result.output.rfind('\n', requests_at) + 1;
    const double requests = std::strtod(result.output.c_str() + line, nullptr);
    const double per_second = std::strtod(result.output.c_str() + rate_at + 13, nullptr);
    if (!(requests > 0) || !(per_second > 0)) throw std::runtime_error("wrk did nothing:\n" + result.output);
    return {.requests = requests, .seconds = requests / per_second, .cpu_s = result.cpu_s};
}

sample run_loadsim(std::uint16_t port, unsigned connections, unsigned seconds) {
    return run_load({LOADSIM_HTTP_LOAD, std::to_string(port), std::to_string(connections), std::to_string(seconds)})
        .all;
}

open_loop_sample run_loadsim_open(std::uint16_t port, unsigned connections, unsigned seconds, unsigned rate) {
    return run_load({LOADSIM_HTTP_LOAD, std::to_string(port), std::to_string(connections), std::to_string(seconds),
                     std::to_string(rate)});
}

std::string version_of_wrk() {
    std::string printed;
    harness::run(pinned({"wrk", "-v"}, core::client), printed); // "wrk debian/4.1.0-3+b2 [epoll] Copyright ..."
    return printed.substr(0, printed.find(" ["));
}

} // namespace loadsim::bench
