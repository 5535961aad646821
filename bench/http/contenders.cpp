#include "contenders.hpp"

#include "process.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace loadsim::bench {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// What our driver sends, said in wrk's language.
constexpr auto script = R"(wrk.method = "POST"
wrk.path = "/vehicles/LZ9SMEV05TF000001/remote-services/horn"
wrk.headers["Content-Length"] = "0"
wrk.headers["Accept"] = "application/json"
)";

class script_file {
public:
    script_file() {
        std::string name = (fs::temp_directory_path() / "loadsim-wrk-XXXXXX").string();
        const int file = ::mkstemp(name.data());
        if (file < 0) throw std::runtime_error("cannot make a temporary file " + name);
        ::close(file);
        path_ = name;
        std::ofstream(path_) << script;
    }
    ~script_file() {
        std::error_code ignored; // what is left of a temporary file harms nobody
        fs::remove(path_, ignored);
    }
    script_file(const script_file&) = delete;
    script_file& operator=(const script_file&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

process_figures run_well(const std::vector<std::string>& command) {
    auto ended = run(command, core::client);
    if (ended.exit_code != 0)
        throw std::runtime_error(fmt::format("{} ended with {}:\n{}", command.front(), ended.exit_code, ended.output));
    return ended;
}

open_loop_sample run_load(const std::vector<std::string>& command) {
    const auto ended = run_well(command);
    const auto said = json::parse(ended.output).as_object();
    const auto figure = [&](const char* name) { return said.at(name).to_number<double>(); };
    if (figure("trouble") != 0)
        throw std::runtime_error(fmt::format("loadsim's driver: {} requests were not accepted, the first because: {}",
                                             figure("trouble"), said.at("first_trouble").as_string().c_str()));
    return {.all = {.requests = figure("requests"), .seconds = figure("seconds"), .cpu_s = ended.cpu_s},
            .lag_p50_us = figure("lag_p50_us"),
            .lag_p99_us = figure("lag_p99_us"),
            .lag_max_us = figure("lag_max_us"),
            .accept_p50_us = figure("accept_p50_us"),
            .accept_p99_us = figure("accept_p99_us")};
}

} // namespace

sample run_wrk(std::uint16_t port, unsigned connections, unsigned seconds) {
    const script_file lua;
    const auto ended = run_well({"wrk", "-t1", fmt::format("-c{}", connections), fmt::format("-d{}s", seconds), "-s",
                                 lua.path(), fmt::format("http://127.0.0.1:{}/", port)});
    if (ended.output.find("Non-2xx") != std::string::npos || ended.output.find("Socket errors") != std::string::npos)
        throw std::runtime_error("wrk met errors:\n" + ended.output);
    // "  163000 requests in 3.00s, 30.00MB read" and "Requests/sec:  54333.33"
    const auto counted = ended.output.find(" requests in ");
    const auto rated = ended.output.find("Requests/sec:");
    if (counted == std::string::npos || rated == std::string::npos)
        throw std::runtime_error("wrk's report cannot be read:\n" + ended.output);
    const auto line = ended.output.rfind('\n', counted) + 1;
    const double requests = std::strtod(ended.output.c_str() + line, nullptr);
    const double per_second = std::strtod(ended.output.c_str() + rated + 13, nullptr);
    if (!(requests > 0) || !(per_second > 0)) throw std::runtime_error("wrk did nothing:\n" + ended.output);
    return {.requests = requests, .seconds = requests / per_second, .cpu_s = ended.cpu_s};
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
    const auto said = run({"wrk", "-v"}, core::client).output; // "wrk debian/4.1.0-3+b2 [epoll] Copyright ..."
    return said.substr(0, said.find(" ["));
}

} // namespace loadsim::bench
