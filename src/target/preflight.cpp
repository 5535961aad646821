#include <loadsim/target/preflight.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <fstream>

namespace loadsim::target {

std::uint64_t raise_open_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024; // what POSIX systems give at least
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur;
}

std::uint64_t source_ports() {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first >> last;
    return last >= first && first != 0 ? last - first + 1 : 28'232; // Linux's own range, where it cannot be asked
}

result<void> check_source_ports(std::uint64_t sessions, std::uint64_t ports) {
    if (sessions <= ports) return {};
    return problems{"source ports",
                    fmt::format("{} sessions to one broker need as many, and this machine has {}; widen the range "
                                "(sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\") or lower fleet.vehicles",
                                sessions, ports)};
}

result<void> check_open_files(std::uint64_t needed, std::uint64_t limit) {
    if (needed <= limit) return {};
    return problems{
        "open files",
        fmt::format(
            "the run needs {} and this process may open {}; raise the limit (ulimit -Hn {}) or lower fleet.vehicles",
            needed, limit, needed)};
}

} // namespace loadsim::target
