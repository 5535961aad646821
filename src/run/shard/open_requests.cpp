#include "shard/open_requests.hpp"

#include <chrono>

namespace loadsim::run {

std::uint64_t open_requests_over_limit(const measure::ledger& ledger, const std::optional<verdict::budget>& budget,
                                       const measure::labels& labels, monotonic_time now) {
    if (!budget) return 0;
    const auto limit =
        std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double, std::milli>(budget->limit));
    return ledger.count_open_since(now - limit, [&](const measure::due_request& r) {
        return (budget->service.empty() || budget->service == labels.services[r.service]) &&
               (budget->segment.empty() || budget->segment == labels.segments[r.segment]) &&
               verdict::covers_phase(*budget, labels.phases[r.phase]);
    });
}

} // namespace loadsim::run
