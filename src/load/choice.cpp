#include <loadsim/load/choice.hpp>

#include <loadsim/base/draw.hpp>

#include <algorithm>
#include <numeric>

namespace loadsim::load {
namespace {

std::uint32_t below(std::uint32_t bound, std::uint64_t seed, stream s, arrival_id arrival, std::uint64_t counter) {
    return static_cast<std::uint32_t>(draw_below(bound, seed, s, number(arrival), counter));
}

/// Uniform among the strides that visit every vehicle. For any 32-bit n more than one number in seven is coprime
/// to n, so a few draws do.
std::uint32_t draw_stride(std::uint64_t seed, arrival_id arrival, std::uint32_t fleet) {
    if (fleet == 1) return 1;
    for (std::uint64_t counter = 0;; ++counter) {
        const auto stride = 1 + below(fleet - 1, seed, stream::arrival_stride, arrival, counter);
        if (std::gcd(stride, fleet) == 1) return stride;
    }
}

} // namespace

candidates::candidates(std::uint64_t seed, arrival_id arrival, std::uint32_t fleet)
    : seed_(seed), arrival_(arrival), fleet_(fleet), first_(below(fleet, seed, stream::arrival_vehicle, arrival, 0)) {}

vehicle_id candidates::candidate(std::uint32_t k) const noexcept {
    if (stride_ == 0) stride_ = draw_stride(seed_, arrival_, fleet_);
    return vehicle_id{static_cast<std::uint32_t>((first_ + std::uint64_t{k} * stride_) % fleet_)};
}

std::optional<vehicle_id> first_free(const candidates& order, shard_share share,
                                     const std::function<bool(vehicle_id)>& free) {
    for (std::uint32_t k = 0; k < order.size(); ++k)
        if (const auto v = order.candidate(k); share.owns(v) && free(v)) return v;
    return std::nullopt;
}

std::uint64_t part_of(std::uint64_t limit, shard_share share) {
    return limit / share.count + (share.index < limit % share.count ? 1 : 0);
}

service_choice::service_choice(std::uint64_t seed, std::span<const service_weight> services) : seed_(seed) {
    double sum = 0;
    for (const auto& s : services) cumulative_.push_back(sum += s.weight);
    for (auto& c : cumulative_) c /= sum; // the last becomes exactly 1, and so does every weightless one behind it
}

std::uint32_t service_choice::service_of(arrival_id arrival) const noexcept {
    const double drawn = draw_unit(seed_, stream::arrival_service, number(arrival), 0);
    return static_cast<std::uint32_t>(std::ranges::upper_bound(cumulative_, drawn) - cumulative_.begin());
}

} // namespace loadsim::load
