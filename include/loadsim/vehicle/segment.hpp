// Fleet segments and the assignment of vehicles to them.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::vehicle {

/// Named fraction of the fleet with one behaviour.
struct segment {
    std::string name;
    fraction fleet_fraction{};
    std::string behaviour = "success";
    /// Template variables {segment.NAME}; every segment has the same names.
    std::vector<std::pair<std::string, std::string>> variables{};
    std::optional<std::vector<std::string>>
        telemetry{}; ///< names of the groups that it sends; empty: those of the fleet
    friend bool operator==(const segment&, const segment&) = default;
};

/// Segment of each vehicle, a function of (seed, index). Sizes are exact: each is the fraction of the fleet to within one
/// vehicle (largest remainder), and their sum is the fleet. Members of a segment are spread evenly over the indexes, so that
/// every rank and shard has a proportional part of each; the seed permutes the members.
/// Threads: const, any.
class segmentation {
public:
    segmentation(std::uint64_t seed, std::uint32_t fleet,
                 const std::vector<segment>&); ///< fractions add up to 100 %; empty: one segment
    std::uint32_t segment_of(vehicle_id) const noexcept;
    std::uint32_t size(std::uint32_t segment) const;

private:
    std::uint32_t fleet_;
    std::uint64_t stride_; ///< permutation of the fleet: position = (index * stride + offset) mod fleet
    std::uint64_t offset_;
    std::vector<std::uint32_t> ends_; ///< end position of each segment in the permutation
};

} // namespace loadsim::vehicle
