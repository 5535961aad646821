// Groups of requests: by service, phase, segment and condition.
#pragma once

#include <boost/describe/class.hpp>

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

namespace loadsim::measure {

/// Condition of the groups of all requests, whether a condition was active or not.
inline constexpr std::uint32_t any_condition = std::numeric_limits<std::uint32_t>::max();

/// Indexes into the labels. Each request is in the group of any_condition, and once more in the group of each condition that was
/// active on its vehicle when it was due, or until it ended: a sum over conditions would count it several times.
struct request_group {
    std::uint32_t service = 0;
    std::uint32_t phase = 0;
    std::uint32_t segment = 0;
    std::uint32_t condition = any_condition;

    friend auto operator<=>(const request_group&, const request_group&) = default;
};
BOOST_DESCRIBE_STRUCT(request_group, (), (service, phase, segment, condition))

/// Selection of groups. Absent = all requests.
struct group_selection {
    std::optional<std::uint32_t> service{};
    std::optional<std::uint32_t> phase{};
    std::optional<std::uint32_t> segment{};
    std::optional<std::uint32_t> condition{};

    bool matches(const request_group& g) const {
        return service.value_or(g.service) == g.service && phase.value_or(g.phase) == g.phase &&
               segment.value_or(g.segment) == g.segment && condition.value_or(any_condition) == g.condition;
    }
};

} // namespace loadsim::measure
