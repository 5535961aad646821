#include "telemetry_sequences.hpp"

#include <algorithm>

namespace loadsim::fleet {

telemetry_sequences::telemetry_sequences(telemetry::store_persistence& persistence, fleet_partition shard,
                                         std::uint32_t vehicles, std::uint32_t groups)
    : persistence_(persistence), shard_(shard), groups_(groups), last_(std::size_t{vehicles} * groups),
      is_used_(last_.size()) {}

std::size_t telemetry_sequences::stream_of(vehicle_id v, std::uint32_t group) const {
    return std::size_t{shard_.slot_of(v)} * groups_ + group;
}

result<void> telemetry_sequences::restore() {
    std::vector<telemetry::last_sequence> known;
    const auto others = persistence_.load_sequences([&](const telemetry::last_sequence& s) { known.push_back(s); });
    if (!others) return others.error();
    std::ranges::fill(last_, *others);
    for (const auto& s : known)
        if (const auto stream = stream_of(s.vehicle, s.group); stream < last_.size()) last_[stream] = s.sequence;
    return {};
}

std::uint32_t telemetry_sequences::next(vehicle_id v, std::uint32_t group, std::uint32_t n) {
    if (n > reserved_) {
        reserved_ = (n - 1) / block * block + block;
        persistence_.reserve_sequences(reserved_);
    }
    const auto stream = stream_of(v, group);
    is_used_[stream] = true;
    return ++last_[stream];
}

void telemetry_sequences::save() {
    std::vector<telemetry::last_sequence> used;
    for (std::size_t stream = 0; stream < last_.size(); ++stream)
        if (is_used_[stream])
            used.push_back({.vehicle = shard_.vehicle_at(static_cast<std::uint32_t>(stream / groups_)),
                            .group = static_cast<std::uint32_t>(stream % groups_),
                            .sequence = last_[stream]});
    persistence_.save_sequences(used);
}

} // namespace loadsim::fleet
