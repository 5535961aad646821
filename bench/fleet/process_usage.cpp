#include "process_usage.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace loadsim::bench {

double cpu_seconds(pid_t pid) {
    clockid_t clock{};
    timespec t{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &t) != 0) return 0;
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::uint64_t resident_bytes(pid_t pid) {
    std::ifstream in(fmt::format("/proc/{}/smaps_rollup", pid));
    std::string word;
    std::uint64_t kilobytes = 0;
    while (in >> word)
        if (word == "Rss:" && in >> kilobytes) return kilobytes * 1024;
    return 0;
}

std::uint64_t open_files(pid_t pid) {
    const auto folder = fmt::format("/proc/{}/fd", pid);
    struct stat entry {};
    if (::stat(folder.c_str(), &entry) == 0 && entry.st_size > 0) // Linux 6.2 and later: number of entries
        return static_cast<std::uint64_t>(entry.st_size);
    std::error_code ignored; // the process has ended: no files
    const std::filesystem::directory_iterator files(folder, ignored);
    return ignored ? 0 : static_cast<std::uint64_t>(std::distance(begin(files), end(files)));
}

} // namespace loadsim::bench
