#include <loadsim/load/selection.hpp>

#include <loadsim/base/random.hpp>

#include <algorithm>

namespace loadsim::load {
namespace {

std::uint32_t below(std::uint32_t bound, std::uint64_t seed, stream_id s, arrival_id arrival) {
    return static_cast<std::uint32_t>(random_below(bound, seed, s, number(arrival), 0));
}

/// The set bit with the smallest (position xor target). Precondition: word != 0.
std::uint32_t first_bit(std::uint64_t word, std::uint32_t target) {
    std::uint32_t from = 0;
    for (std::uint32_t width = 32; width > 0; width /= 2) {
        const auto half = from | (target & width);
        const bool found = (word >> half & ((std::uint64_t{1} << width) - 1)) != 0;
        from = found ? half : half ^ width;
    }
    return from;
}

} // namespace

vehicle_id first_vehicle(std::uint64_t seed, arrival_id arrival, std::uint32_t fleet) {
    return vehicle_id{below(fleet, seed, stream_id::arrival_vehicle, arrival)};
}

free_vehicles::free_vehicles(std::uint32_t fleet, fleet_partition shard)
    : partition_(shard), size_(fleet > shard.index ? (fleet - shard.index - 1) / shard.count + 1 : 0) {
    auto words = size_;
    do levels_.emplace_back(words = (words + 63) / 64);
    while (words > 1);
}

void free_vehicles::set(vehicle_id v, bool free) {
    auto slot = index(v) / partition_.count;
    for (auto& level : levels_) {
        auto& word = level[slot / 64];
        const auto bit = std::uint64_t{1} << slot % 64;
        const bool had_free = word != 0;
        word = free ? word | bit : word & ~bit;
        if (had_free == (word != 0)) return; // the levels above stay the same
        slot /= 64;
    }
}

std::optional<vehicle_id> free_vehicles::substitute(std::uint64_t seed, arrival_id arrival) const {
    if (size_ == 0 || levels_.back().front() == 0) return std::nullopt;
    const auto origin = below(size_, seed, stream_id::arrival_substitute, arrival);
    std::uint32_t slot = 0;
    for (auto i = levels_.size(); i-- > 0;) slot = slot * 64 + first_bit(levels_[i][slot], origin >> 6 * i & 63);
    return vehicle_id{slot * partition_.count + partition_.index};
}

std::uint64_t divide(std::uint64_t limit, fleet_partition shard) {
    return limit / shard.count + (shard.index < limit % shard.count ? 1 : 0);
}

service_selection::service_selection(std::uint64_t seed, std::span<const double> weights) : seed_(seed) {
    double sum = 0;
    for (const double weight : weights) cumulative_.push_back(sum += weight);
    for (auto& c : cumulative_) c /= sum; // the last becomes exactly 1, as do trailing services with weight 0
}

std::uint32_t service_selection::service_of(arrival_id arrival) const noexcept {
    const double drawn = random_unit(seed_, stream_id::arrival_service, number(arrival), 0);
    return static_cast<std::uint32_t>(std::ranges::upper_bound(cumulative_, drawn) - cumulative_.begin());
}

} // namespace loadsim::load
