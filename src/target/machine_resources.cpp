#include <loadsim/target/machine_resources.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

namespace loadsim::target {
namespace {

namespace fs = std::filesystem;
using number = std::optional<std::uint64_t>;

number first_number(const fs::path& file) {
    std::uint64_t value = 0;
    return std::ifstream(file) >> value ? number{value} : number{}; // "max": not a number, no limit
}

/// Number of ports of a list like "9000,9100-9199" between first and last.
std::uint64_t count_in_range(const std::string& list, std::uint64_t first, std::uint64_t last) {
    std::uint64_t count = 0;
    std::istringstream entries(list);
    for (std::string entry; std::getline(entries, entry, ',');) {
        std::istringstream numbers(entry);
        std::uint64_t from = 0;
        if (!(numbers >> from)) continue;
        std::uint64_t to = from;
        if (numbers.get() == '-') numbers >> to;
        from = std::max(from, first);
        to = std::min(to, last);
        if (from <= to) count += to - from + 1;
    }
    return count;
}

number source_ports(const fs::path& ipv4) {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (!(std::ifstream(ipv4 / "ip_local_port_range") >> first >> last) || last < first) return {};
    std::string reserved; // empty: none, or not supported by the kernel
    std::getline(std::ifstream(ipv4 / "ip_local_reserved_ports"), reserved);
    return last - first + 1 - count_in_range(reserved, first, last);
}

number files_free(const fs::path& limits) {
    const auto limit = first_number(limits / "file-max");
    const auto open = first_number(limits / "file-nr");
    if (!limit || !open) return {};
    return *limit - std::min(*limit, *open);
}

/// Value after a word in the line that starts with `line_starts`: "MemAvailable:  24224260 kB", "TCP: inuse 1 ... mem
/// 66".
number value_of(const fs::path& file, const std::string& line_starts, const std::string& word) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(line_starts)) continue;
        std::istringstream words(line);
        for (std::string w; words >> w;) {
            std::uint64_t value = 0;
            if (w == word) return words >> value ? number{value} : number{};
        }
    }
    return {};
}

std::optional<machine_resources::tcp_memory> tcp_memory(const fs::path& proc, std::uint64_t page) {
    std::uint64_t low = 0;
    std::uint64_t pressure = 0;
    std::uint64_t limit = 0;
    if (!(std::ifstream(proc / "sys/net/ipv4/tcp_mem") >> low >> pressure >> limit)) return {};
    const auto used = value_of(proc / "net/sockstat", "TCP:", "mem");
    if (!used) return {};
    return machine_resources::tcp_memory{limit * page, *used * page};
}

std::optional<machine_resources::tracked_connections> conntrack(const fs::path& settings) {
    const auto limit = first_number(settings / "nf_conntrack_max");
    if (!limit) return {};
    return machine_resources::tracked_connections{*limit, first_number(settings / "nf_conntrack_count").value_or(0)};
}

/// See net/tcp_connect.cpp: since kernel 6.8 a socket that sets the port range is assigned any port of it.
bool slow_above_half_of_ports(const fs::path& settings) {
    unsigned major = 0;
    unsigned minor = 0;
    char dot = 0;
    if (!(std::ifstream(settings / "kernel/osrelease") >> major >> dot >> minor)) return false;
    return major < 6 || (major == 6 && minor < 8);
}

/// File names of a cgroup version, and the field of memory.stat with the reclaimable memory.
struct cgroup_files {
    const char* limit;
    const char* used;
    const char* reclaimable;
};
constexpr cgroup_files cgroup_v2{"memory.max", "memory.current", "inactive_file"};
constexpr cgroup_files cgroup_v1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};

std::uint64_t stat_field(const fs::path& file, const std::string& word) {
    std::ifstream in(file);
    std::string name;
    for (std::uint64_t value = 0; in >> name >> value;)
        if (name == word) return value;
    return 0;
}

number memory_left(const fs::path& group, const cgroup_files& files) {
    const auto limit = first_number(group / files.limit);
    const auto used = first_number(group / files.used);
    if (!limit || !used) return {};
    const auto in_use = *used - std::min(*used, stat_field(group / "memory.stat", files.reclaimable));
    return *limit - std::min(*limit, in_use);
}

/// Smallest rest of a cgroup and its parents up to the mount point: a limit applies to all descendants.
number smallest_memory_left(const fs::path& mount, std::string path, const cgroup_files& files) {
    number smallest;
    for (;;) {
        if (const auto left = memory_left(mount / fs::path(path).relative_path(), files))
            smallest = std::min(smallest.value_or(*left), *left);
        const auto slash = path.rfind('/');
        if (slash == std::string::npos) return smallest;
        path.resize(slash);
    }
}

bool has_memory_controller(const std::string& controllers) {
    std::istringstream names(controllers);
    for (std::string name; std::getline(names, name, ',');)
        if (name == "memory") return true;
    return false;
}

/// Memory that this process may still allocate within the tightest of its cgroups (version 2 or 1), in bytes;
/// reclaimable page cache counts as free. Empty: no cgroup has a limit. Containers and batch systems set such limits,
/// which MemAvailable does not include.
number memory_left_in_cgroups(const fs::path& root) {
    const auto mounts = root / "sys/fs/cgroup";
    std::ifstream in(root / "proc/self/cgroup"); // "4:memory:/path" of version 1, "0::/path" of version 2
    number smallest;
    for (std::string line; std::getline(in, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        // In a container the path may be the host's and not exist; the mount point itself is then the cgroup.
        number left;
        if (controllers.empty())
            left = smallest_memory_left(mounts, line.substr(second + 1), cgroup_v2);
        else if (has_memory_controller(controllers))
            left = smallest_memory_left(mounts / "memory", line.substr(second + 1), cgroup_v1);
        if (left) smallest = std::min(smallest.value_or(*left), *left);
    }
    return smallest;
}

} // namespace

std::uint64_t raise_open_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024; // usual minimum on POSIX systems
    if (limit.rlim_cur < limit.rlim_max) {
        rlimit raised = limit;
        raised.rlim_cur = limit.rlim_max;
        if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
    }
    return limit.rlim_cur;
}

machine_resources inspect_machine(const fs::path& root) {
    const auto proc = root / "proc";
    const auto settings = proc / "sys";
    machine_resources m;
    if (const auto page = ::sysconf(_SC_PAGESIZE); page > 0) m.page_size = static_cast<std::uint64_t>(page);
    m.cores = std::thread::hardware_concurrency();
    if (rlimit limit{}; ::getrlimit(RLIMIT_NOFILE, &limit) == 0) m.open_files = limit.rlim_cur;
    m.open_files_max = first_number(settings / "fs/nr_open");
    m.files_free = files_free(settings / "fs");
    m.source_ports = source_ports(settings / "net/ipv4");
    m.slow_above_half_of_ports = slow_above_half_of_ports(settings);
    m.listen_backlog = first_number(settings / "net/core/somaxconn");
    m.syn_backlog = first_number(settings / "net/ipv4/tcp_max_syn_backlog");
    m.tcp = tcp_memory(proc, m.page_size);
    m.conntrack = conntrack(settings / "net/netfilter");
    if (const auto kilobytes = value_of(proc / "meminfo", "MemAvailable:", "MemAvailable:"))
        m.memory_free = *kilobytes * 1024;
    const auto left = memory_left_in_cgroups(root);
    if (left && (!m.memory_free || *left < *m.memory_free)) {
        m.memory_free = left;
        m.memory_limited_by_cgroup = true;
    }
    return m;
}

} // namespace loadsim::target
