#include <loadsim/load/selection.hpp>

#include <loadsim/base/random.hpp>

#include <algorithm>
#include <numeric>

namespace loadsim::load {
namespace {

std::uint32_t below(std::uint32_t bound, std::uint64_t seed, stream_id s, arrival_id arrival, std::uint64_t counter) {
    return static_cast<std::uint32_t>(random_below(bound, seed, s, number(arrival), counter));
}

/// Uniformly distributed among the strides that visit every vehicle. For any 32-bit n more than one number in seven is coprime to
/// n, so a few random numbers suffice.
std::uint32_t draw_stride(std::uint64_t seed, arrival_id arrival, std::uint32_t fleet) {
    if (fleet == 1) return 1;
    for (std::uint64_t counter = 0;; ++counter) {
        const auto stride = 1 + below(fleet - 1, seed, stream_id::arrival_stride, arrival, counter);
        if (std::gcd(stride, fleet) == 1) return stride;
    }
}

} // namespace

candidates::candidates(std::uint64_t seed, arrival_id arrival, std::uint32_t fleet)
    : seed_(seed), arrival_(arrival), fleet_(fleet),
      first_(below(fleet, seed, stream_id::arrival_vehicle, arrival, 0)) {}

vehicle_id candidates::candidate(std::uint32_t k) const noexcept {
    if (stride_ == 0) stride_ = draw_stride(seed_, arrival_, fleet_);
    return vehicle_id{static_cast<std::uint32_t>((first_ + std::uint64_t{k} * stride_) % fleet_)};
}

std::optional<vehicle_id> first_free(const candidates& vehicles, fleet_partition shard,
                                     const std::function<bool(vehicle_id)>& free) {
    for (std::uint32_t k = 0; k < vehicles.size(); ++k)
        if (const auto v = vehicles.candidate(k); shard.owns(v) && free(v)) return v;
    return std::nullopt;
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
