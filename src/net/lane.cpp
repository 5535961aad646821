#include "lane.hpp"

#include <algorithm>

namespace loadsim::net {
namespace {

std::size_t piece_size(double bytes_per_second, std::size_t all) {
    constexpr std::size_t smallest = 16;
    const double part = bytes_per_second / 20;
    if (bytes_per_second <= 0 || part >= static_cast<double>(all)) return all;
    return std::max(smallest, static_cast<std::size_t>(part));
}

} // namespace

void lane::put(mqtt::byte_view bytes, monotonic_time now, const pace::limits& limits) {
    const auto most = piece_size(limits.bytes_per_second, bytes.size());
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(most, bytes.size()));
        bytes = bytes.subspan(part.size());
        pieces_.push_back({pace_.carried(now, part.size(), limits), {part.begin(), part.end()}});
        size_ += part.size();
    }
}

mqtt::bytes lane::take(monotonic_time now) {
    mqtt::bytes all;
    for (; !pieces_.empty() && pieces_.front().due <= now; pieces_.pop_front())
        all.insert(all.end(), pieces_.front().data.begin(), pieces_.front().data.end());
    size_ -= all.size();
    return all;
}

} // namespace loadsim::net
