#include "machine.hpp"

#include "child_process.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

namespace loadsim::bench {
namespace {

/// Value of the key in a "key: value" or "key=value" file.
std::string value_in(const char* file, const std::string& key) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(key)) continue;
        const auto begin = line.find_first_not_of(" \t:=\"", key.size());
        return begin == std::string::npos ? std::string{}
                                          : line.substr(begin, line.find_last_not_of(" \"") + 1 - begin);
    }
    return "unknown";
}

/// From the first line of its help: mosquitto has no version flag.
std::string mosquitto_version() {
    std::string text;
    harness::run({.command = {"mosquitto", "-h"}}, text);
    constexpr std::string_view before = "mosquitto version ";
    return text.starts_with(before) ? text.substr(before.size(), text.find('\n') - before.size()) : "unknown";
}

std::string compiler() {
#if defined(__clang__)
    return "Clang " __clang_version__;
#else
    return "GCC " __VERSION__;
#endif
}

} // namespace

std::map<std::string, std::string> this_machine() {
    utsname kernel{};
    ::uname(&kernel);
    const double memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    const auto today = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return {{"cpu", value_in("/proc/cpuinfo", "model name")},
            {"cores", std::to_string(std::thread::hardware_concurrency())},
            {"memory", fmt::format("{:.0f} GiB", memory / (1024.0 * 1024 * 1024))},
            {"kernel", fmt::format("{} {}", kernel.sysname, kernel.release)},
            {"system", value_in("/etc/os-release", "PRETTY_NAME")},
            {"compiler", compiler()},
            {"build", LOADSIM_BUILD_TYPE},
            {"mosquitto", mosquitto_version()},
            {"date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(today))}};
}

} // namespace loadsim::bench
