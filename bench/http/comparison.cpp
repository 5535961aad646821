#include "comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>

namespace loadsim::bench {
namespace {

template <class Figure>
std::vector<double> values_of(const std::vector<pair_of_runs>& pairs, Figure&& accessor) {
    std::vector<double> values;
    values.reserve(pairs.size());
    for (const auto& p : pairs) values.push_back(std::invoke(accessor, p));
    return values;
}

} // namespace

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double comparison::wrk_per_second() const {
    return median(values_of(pairs, [](const auto& p) { return p.wrk.per_second(); }));
}
double comparison::loadsim_per_second() const {
    return median(values_of(pairs, [](const auto& p) { return p.loadsim.per_second(); }));
}
double comparison::wrk_cpu_us() const {
    return median(values_of(pairs, [](const auto& p) { return p.wrk.cpu_us(); }));
}
double comparison::loadsim_cpu_us() const {
    return median(values_of(pairs, [](const auto& p) { return p.loadsim.cpu_us(); }));
}
double comparison::cpu_ratio_lowest() const { return std::ranges::min(values_of(pairs, &pair_of_runs::cpu_ratio)); }
double comparison::cpu_ratio_highest() const { return std::ranges::max(values_of(pairs, &pair_of_runs::cpu_ratio)); }

comparison compare(std::uint16_t port, unsigned connections, unsigned pairs, unsigned seconds) {
    comparison all{.connections = connections, .pairs = {}};
    for (unsigned i = 0; i < pairs; ++i) {
        pair_of_runs p;
        if (i % 2 == 0) p.wrk = run_wrk(port, connections, seconds);
        p.loadsim = run_loadsim(port, connections, seconds);
        if (i % 2 == 1) p.wrk = run_wrk(port, connections, seconds);
        fmt::print("{:3} connections, pair {}: wrk {:6.0f}/s {:5.2f} us, loadsim {:6.0f}/s {:5.2f} us, ratio {:.2f}\n",
                   connections, i + 1, p.wrk.per_second(), p.wrk.cpu_us(), p.loadsim.per_second(), p.loadsim.cpu_us(),
                   p.cpu_ratio());
        std::fflush(stdout);
        all.pairs.push_back(p);
    }
    return all;
}

} // namespace loadsim::bench
