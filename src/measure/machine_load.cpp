#include <loadsim/measure/machine_load.hpp>

#include <algorithm>
#include <cmath>

namespace loadsim::measure {
namespace {

std::optional<double> known(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

std::optional<double> share_of(double part, double whole) { return whole > 0 ? known(part / whole) : std::nullopt; }

machine_load load_of(const std::string& host, const machine_usage& sum) {
    const auto ranks = static_cast<double>(sum.ranks);
    const auto core_s = sum.core_s / ranks;
    // Ticks of the kernel are coarser than the process's clock; NaN stays NaN.
    auto other_s = sum.busy_s / ranks - sum.own_cpu_s;
    if (other_s < 0) other_s = 0;
    return {.host = host,
            .measured_s = sum.elapsed_s / ranks,
            .cores = share_of(sum.core_s, sum.elapsed_s),
            .cores_usable = share_of(sum.allowed_core_s, sum.elapsed_s),
            .own_share = share_of(sum.own_cpu_s, sum.allowed_core_s / ranks),
            .other_share = share_of(other_s, core_s),
            .steal_share = share_of(sum.steal_s, sum.core_s),
            .stalled_s = known(sum.stalled_s / ranks),
            .throttled_s = known(sum.throttled_s / ranks)};
}

} // namespace

std::vector<machine_load> machine_loads(const std::map<std::string, machine_usage>& by_host) {
    std::vector<machine_load> all;
    for (const auto& [host, sum] : by_host)
        if (sum.ranks != 0 && sum.elapsed_s > 0) all.push_back(load_of(host, sum));
    return all;
}

} // namespace loadsim::measure
