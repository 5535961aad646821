#include <loadsim/cluster/channel.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <thread>

namespace loadsim::cluster {

bool launched_by_mpi() {
    return launched_by_mpi([](const char* name) { return std::getenv(name); });
}

bool launched_by_mpi(const std::function<const char*(const char*)>& variable) {
    // Not PMIX_NAMESPACE or similar: daemons and batch scripts have these too. Slurm without --mpi=pmix sets no PMIX_RANK; each
    // task is then an independent run.
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK"})
        if (const char* value = variable(name); value != nullptr && *value != '\0') return true;
    return false;
}

std::string channel::display_name(std::uint32_t rank) const {
    return fmt::format("rank {} on {}", rank, host_of(rank));
}

void channel::send_to_workers(const std::string& text) {
    for (std::uint32_t rank = 1; rank < info().count; ++rank) send(rank, text);
}

std::optional<channel::received_message> channel::receive_until(monotonic_time until) {
    for (;;) {
        auto received = receive();
        if (received || !error().empty() || std::chrono::steady_clock::now() >= until) return received;
        std::this_thread::sleep_for(poll_interval);
    }
}

} // namespace loadsim::cluster
