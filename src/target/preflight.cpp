#include <loadsim/target/preflight.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

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

result<void> check_open_files(std::uint64_t needed, std::uint64_t limit) {
    if (needed <= limit) return {};
    return problems{"open files",
                    fmt::format("the run needs {} and this process may open {}; raise the limit (ulimit -Hn {}) or lower fleet.vehicles",
                                needed, limit, needed)};
}

} // namespace loadsim::target
