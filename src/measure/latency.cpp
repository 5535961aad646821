#include <loadsim/measure/latency.hpp>

namespace loadsim::measure {

void latency_table::record(hop h, std::uint32_t service, std::uint32_t phase, nanoseconds sample) {
    cells_[{h, service, phase}].record(sample);
}

void latency_table::merge(const latency_table& other) {
    for (const auto& [where, samples] : other.cells_) merge(where, samples);
}

void latency_table::merge(const key& where, const histogram& samples) { cells_[where].merge(samples); }

histogram latency_table::select(hop h, latency_filter wanted) const {
    histogram selected;
    for (auto cell = cells_.lower_bound({h, 0, 0}); cell != cells_.end(); ++cell) {
        const auto& [of, service, phase] = cell->first;
        if (of != h) break;
        if (wanted.service.value_or(service) == service && wanted.phase.value_or(phase) == phase)
            selected.merge(cell->second);
    }
    return selected;
}

} // namespace loadsim::measure
