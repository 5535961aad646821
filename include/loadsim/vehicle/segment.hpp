// Which part of the fleet a vehicle belongs to.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/units.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::vehicle {

/// A named share of the fleet with one behaviour.
struct segment {
    std::string name;
    share part{};
    std::string behaviour = "success";
    /// What templates call {segment.NAME}; every segment has the same names.
    std::vector<std::pair<std::string, std::string>> variables{};
    friend bool operator==(const segment&, const segment&) = default;
};

/// The segment of each vehicle, from (seed, index) alone. The sizes are exact: each is the share of the fleet to
/// within one vehicle (largest remainder) and they add up to it. The members of a segment are spread evenly over the
/// indexes, so that every rank and shard gets its share of each; the seed moves who is in which.
/// Threads: const, any.
class segmentation {
public:
    segmentation(std::uint64_t seed, std::uint32_t fleet,
                 const std::vector<segment>&); ///< shares add up to 100 %; none: one of all
    std::uint32_t segment_of(vehicle_id) const noexcept;
    std::uint32_t size(std::uint32_t segment) const;

private:
    std::uint32_t fleet_;
    std::uint64_t stride_; ///< a permutation of the fleet: place = (index * stride + offset) mod fleet
    std::uint64_t offset_;
    std::vector<std::uint32_t> ends_; ///< in permuted order
};

} // namespace loadsim::vehicle
