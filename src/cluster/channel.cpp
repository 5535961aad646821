#include <loadsim/cluster/channel.hpp>

#include <fmt/format.h>

#include <thread>

namespace loadsim::cluster {

std::string channel::display_name(std::uint32_t rank) const {
    return fmt::format("rank {} on {}", rank, host_of(rank));
}

void channel::send_to_workers(const std::string& text) {
    for (std::uint32_t rank = 1; rank < info().count; ++rank) send(rank, text);
}

std::optional<channel::received_message> channel::receive_until(monotonic_time until) {
    for (;;) {
        auto received = receive();
        if (received || !trouble().empty() || std::chrono::steady_clock::now() >= until) return received;
        std::this_thread::sleep_for(poll_interval);
    }
}

} // namespace loadsim::cluster
