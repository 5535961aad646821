// Stub of the channel for builds without MPI.
#include <loadsim/cluster/mpi_channel.hpp>

#include <utility>

namespace loadsim::cluster {

struct mpi_channel::state {
    rank_info info;
    std::string error;
};

result<std::unique_ptr<mpi_channel>> mpi_channel::join() {
    return problems{"MPI", "this loadsim was built without MPI; configure with -DLOADSIM_MPI=ON"};
}

// join() always fails, so these are never called.
mpi_channel::mpi_channel(std::unique_ptr<state> s) : state_(std::move(s)) {}
mpi_channel::~mpi_channel() = default;
const rank_info& mpi_channel::info() const { return state_->info; }
std::string mpi_channel::host_of(std::uint32_t) const { return {}; }
void mpi_channel::send(std::uint32_t, std::string) {}
std::optional<mpi_channel::received_message> mpi_channel::receive() { return std::nullopt; }
void mpi_channel::progress() {}
bool mpi_channel::sent_all() { return true; }
const std::string& mpi_channel::error() const { return state_->error; }

} // namespace loadsim::cluster
