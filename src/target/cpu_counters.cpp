#include <loadsim/target/cpu_counters.hpp>

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The number that follows a text at the begin of a line: "throttled_usec 25".
std::optional<double> number_after(std::string_view text, std::string_view line_starts) {
    for (std::size_t at = 0; at < text.size();) {
        auto line = text.substr(at, text.find('\n', at) - at);
        at += line.size() + 1;
        if (!line.starts_with(line_starts)) continue;
        line.remove_prefix(line_starts.size());
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
        if (error == std::errc{} && end != line.data()) return static_cast<double>(value);
    }
    return std::nullopt;
}

double own_cpu_seconds() {
    timespec t{};
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0) return cpu_counters::unknown;
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

double cores_of_affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    // Fails with more than 1024 cores.
    const auto count = ::sched_getaffinity(0, sizeof set, &set) == 0
                           ? CPU_COUNT(&set)
                           : static_cast<int>(std::thread::hardware_concurrency());
    return count > 0 ? count : cpu_counters::unknown;
}

/// CPU limit of a cgroup, in cores; version 2, or version 1.
std::optional<double> limit_of(const fs::path& group) {
    if (const auto limit = parse_cpu_max(text_of(group / "cpu.max"))) return limit;
    const auto quota = number_after(text_of(group / "cpu.cfs_quota_us"), ""); // -1: none
    const auto period = number_after(text_of(group / "cpu.cfs_period_us"), "");
    return quota && period && *period > 0 ? std::optional(*quota / *period) : std::nullopt;
}

/// Limits of a cgroup and its parents, up to the mount point.
void add_limits(const fs::path& mount, std::string path, cpu_counters& into) {
    for (;;) {
        const auto group = mount / fs::path(path).relative_path();
        if (const auto limit = limit_of(group)) into.cores_usable = std::min(into.cores_usable, *limit);
        if (const auto throttled = parse_throttled_time(text_of(group / "cpu.stat")))
            into.throttled_s = std::max(std::isnan(into.throttled_s) ? 0 : into.throttled_s, *throttled);
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return;
        path.resize(slash);
    }
}

/// The list of controllers in a line of /proc/self/cgroup has the one for CPU time.
bool limits_cpu(std::string_view controllers) {
    return (',' + std::string(controllers) + ',').find(",cpu,") != std::string::npos;
}

void add_cgroup_limits(const fs::path& root, cpu_counters& into) {
    const auto mounts = root / "sys/fs/cgroup";
    std::istringstream groups(
        text_of(root / "proc/self/cgroup")); // "4:cpu,cpuacct:/path" of version 1, "0::/path" of 2
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        if (controllers.empty())
            add_limits(mounts, line.substr(second + 1), into);
        else if (limits_cpu(controllers))
            add_limits(mounts / "cpu", line.substr(second + 1), into);
    }
}

} // namespace

std::optional<core_ticks> parse_proc_stat(std::string_view text) {
    // "cpu user nice system idle iowait irq softirq steal guest guest_nice", the sum, then a line "cpu0 ..." for each core. Guests
    // are part of user and nice.
    std::istringstream lines{std::string(text)};
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0;
    core_ticks sum;
    lines >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> sum.steal;
    if (!lines || name != "cpu") return std::nullopt;
    sum.busy = user + nice + system + irq + softirq;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("cpu")) ++sum.cores;
    return sum.cores == 0 ? std::nullopt : std::optional(sum);
}

std::optional<double> parse_cpu_pressure(std::string_view text) {
    const auto line = text.substr(0, text.find('\n'));
    const auto total = line.find(" total=");
    if (!line.starts_with("some ") || total == std::string_view::npos) return std::nullopt;
    const auto microseconds = number_after(line.substr(total), " total=");
    return microseconds ? std::optional(*microseconds / 1e6) : std::nullopt;
}

std::optional<double> parse_throttled_time(std::string_view text) {
    if (const auto microseconds = number_after(text, "throttled_usec ")) return *microseconds / 1e6;
    if (const auto ns = number_after(text, "throttled_time ")) return *ns / 1e9; // version 1
    return std::nullopt;
}

std::optional<double> parse_cpu_max(std::string_view text) {
    const auto quota = number_after(text, "");
    const auto blank = text.find(' ');
    const auto period = blank == std::string_view::npos ? std::nullopt : number_after(text.substr(blank), " ");
    return quota && period && *period > 0 ? std::optional(*quota / *period) : std::nullopt;
}

cpu_counters read_cpu_counters(const fs::path& root) {
    cpu_counters read;
    read.own_s = own_cpu_seconds();
    read.cores_usable = cores_of_affinity();
    add_cgroup_limits(root, read);
    const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::string cpu_lines;
    std::ifstream stat(root / "proc/stat");
    for (std::string line; std::getline(stat, line) && line.starts_with("cpu");) cpu_lines += line + '\n';
    if (const auto ticks = parse_proc_stat(cpu_lines)) {
        read.cores = ticks->cores;
        read.busy_s = ticks->busy / ticks_per_s;
        read.steal_s = ticks->steal / ticks_per_s;
    }
    read.stalled_s = parse_cpu_pressure(text_of(root / "proc/pressure/cpu")).value_or(cpu_counters::unknown);
    return read;
}

} // namespace loadsim::target
