#include "machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace loadsim::bench {
namespace {

std::string processor() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("model name"))
            if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
    return "unknown processor";
}

#ifdef __clang__
constexpr auto compiler = "Clang " __clang_version__;
#else
constexpr auto compiler = "GCC " __VERSION__;
#endif

} // namespace

machine this_machine() {
    utsname system{};
    ::uname(&system);
    const auto bytes = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    return {.processor = processor(),
            .cores = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)),
            .memory_gib = bytes / (1024.0 * 1024 * 1024),
            .kernel = std::string(system.sysname) + ' ' + system.release,
            .compiler = compiler};
}

} // namespace loadsim::bench
