#include "fault_plan.hpp"

#include <loadsim/base/random.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

namespace loadsim::backend {
namespace {

constexpr std::array<std::string_view, fault_counts::kinds> kind_names{"drop",    "delay",  "duplicate",
                                                                       "reorder", "forget", "double-send"};
constexpr std::array<std::string_view, fault_counts::messages> message_names{"command", "word", "event", "request"};

} // namespace

fault_plan::fault_plan(const std::vector<fault>& all, std::uint64_t seed) : seed_(seed) {
    for (const auto& one : all) kinds_[static_cast<std::size_t>(one.applies_to)].faults.push_back(one);
}

const fault* fault_plan::next(fault::message of) {
    auto& kind = kinds_[static_cast<std::size_t>(of)];
    if (kind.faults.empty()) return nullptr;
    const auto number = ++kind.messages;
    for (std::size_t i = 0; i < kind.faults.size(); ++i) {
        const auto& one = kind.faults[i];
        const auto key = static_cast<std::uint64_t>(of) << 32U | i;
        const bool hit = one.every ? *one.every != 0 && number % *one.every == 0
                                   : random_unit(seed_, stream_id::fault, key, number) < one.probability.value;
        if (hit) return &one;
    }
    return nullptr;
}

std::string to_string(const fault_counts& counts) {
    std::string text;
    for (std::size_t kind = 0; kind < fault_counts::kinds; ++kind)
        for (std::size_t message = 0; message < fault_counts::messages; ++message)
            if (const auto count = counts.table[kind][message]; count != 0)
                text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", kind_names[kind], message_names[message],
                                    count);
    return text;
}

} // namespace loadsim::backend
