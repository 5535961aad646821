#include "faults.hpp"

#include <fmt/format.h>

#include <string_view>

namespace loadsim::backend {
namespace {

constexpr std::array<std::string_view, fault_counts::kinds> kind_names{"drop",    "delay",  "duplicate",
                                                                       "reorder", "forget", "double-send"};
constexpr std::array<std::string_view, fault_counts::messages> message_names{"command", "response", "event", "request"};

} // namespace

fault_plans::fault_plans(const std::vector<fault>& all, std::uint64_t seed) {
    by_message_.fill(fault_plan<fault>(seed));
    std::array<std::uint64_t, fault_counts::messages> added{};
    for (const auto& one : all) {
        const auto message = static_cast<std::size_t>(one.applies_to);
        by_message_[message].add(one, std::uint64_t{message} << 32U | added[message]++);
    }
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
