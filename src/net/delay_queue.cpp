#include "delay_queue.hpp"

#include <algorithm>

namespace loadsim::net {
namespace {

std::size_t chunk_size(double bytes_per_second, std::size_t arrived) {
    constexpr std::size_t smallest = 16;
    const double part = bytes_per_second / 20;
    if (bytes_per_second <= 0 || part >= static_cast<double>(arrived)) return arrived;
    return std::max(smallest, static_cast<std::size_t>(part));
}

} // namespace

void delay_queue::push(mqtt::byte_view bytes, monotonic_time now, const link_shaper::limits& limits) {
    const auto max_chunk = chunk_size(limits.bytes_per_second, bytes.size());
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(max_chunk, bytes.size()));
        bytes = bytes.subspan(part.size());
        chunks_.push_back({shaper_.arrival_time(now, part.size(), limits), {part.begin(), part.end()}});
        size_ += part.size();
    }
}

mqtt::bytes delay_queue::pop_arrived(monotonic_time now) {
    mqtt::bytes arrived;
    for (; !chunks_.empty() && chunks_.front().due <= now; chunks_.pop_front())
        arrived.insert(arrived.end(), chunks_.front().data.begin(), chunks_.front().data.end());
    size_ -= arrived.size();
    return arrived;
}

} // namespace loadsim::net
