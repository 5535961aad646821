#include "badness_plan.hpp"

#include <loadsim/base/draw.hpp>

#include <array>
#include <cstddef>

namespace loadsim::fleet {
namespace {

/// Away from the keys of the reference backend's faults, which share the stream.
constexpr std::uint64_t first_key = std::uint64_t{1} << 63U;

bool in_time(const badness& one, nanoseconds since) {
    return !one.only || (since >= one.only->at && since - one.only->at < one.only->lasts);
}

} // namespace

std::string_view to_string(badness::kind k) {
    constexpr std::array<std::string_view, 4> names{"slow", "status", "reset", "duplicate"};
    return names[static_cast<std::size_t>(k)];
}

badness_plan::badness_plan(const std::vector<badness>& all, std::uint64_t seed, std::uint32_t who)
    : all_(all), seed_(seed), key_(first_key | std::uint64_t{who} << 16U) {}

const badness* badness_plan::next(bool command, std::uint64_t& number, nanoseconds since) {
    ++number;
    for (std::size_t i = 0; i < all_.size(); ++i) {
        const auto& one = all_[i];
        if (befalls_commands(one.what) != command || !in_time(one, since)) continue;
        if (one.every ? *one.every != 0 && number % *one.every == 0
                      : !one.probability || draw_unit(seed_, stream::fault, key_ | i, number) < one.probability->of_one)
            return &one;
    }
    return nullptr;
}

} // namespace loadsim::fleet
