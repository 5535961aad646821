#include "broker_api/fault_plan.hpp"

#include <loadsim/base/random.hpp>

#include <array>
#include <cstddef>

namespace loadsim::fleet {
namespace {

/// Disjoint from the keys of the embedded backend's faults, which use the same random stream.
constexpr std::uint64_t first_draw_key = std::uint64_t{1} << 63U;

bool in_window(const fault& one, nanoseconds since_start) {
    return !one.window || (since_start >= one.window->at && since_start - one.window->at < one.window->lasts);
}

} // namespace

std::string_view to_string(fault::kind k) {
    constexpr std::array<std::string_view, 4> names{"slow", "status", "reset", "duplicate"};
    return names[static_cast<std::size_t>(k)];
}

fault_plan::fault_plan(const std::vector<fault>& all, std::uint64_t seed, std::uint32_t source)
    : faults_(all), seed_(seed), key_(first_draw_key | std::uint64_t{source} << 16U) {}

const fault* fault_plan::next(bool command, std::uint64_t& number, nanoseconds since_start) {
    ++number;
    for (std::size_t i = 0; i < faults_.size(); ++i) {
        const auto& one = faults_[i];
        if (applies_to_commands(one.what) != command || !in_window(one, since_start)) continue;
        if (one.every
                ? *one.every != 0 && number % *one.every == 0
                : !one.probability || random_unit(seed_, stream_id::fault, key_ | i, number) < one.probability->value)
            return &one;
    }
    return nullptr;
}

} // namespace loadsim::fleet
