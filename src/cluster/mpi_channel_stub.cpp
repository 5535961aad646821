// Stub of the channel for builds without MPI.
#include <loadsim/cluster/mpi_channel.hpp>

#include <utility>

namespace loadsim::cluster {

struct channel::state {
    place where;
    std::string trouble;
};

result<std::unique_ptr<channel>> channel::join() {
    return problems{"MPI", "this loadsim was built without MPI; configure with -DLOADSIM_MPI=ON"};
}

// join() always fails, so these are never called.
channel::channel(std::unique_ptr<state> s) : state_(std::move(s)) {}
channel::~channel() = default;
const place& channel::where() const { return state_->where; }
std::string channel::host_of(std::uint32_t) const { return {}; }
std::string channel::called(std::uint32_t) const { return {}; }
void channel::send(std::uint32_t, std::string) {}
std::optional<channel::letter> channel::receive() { return std::nullopt; }
bool channel::sent_all() { return true; }
const std::string& channel::trouble() const { return state_->trouble; }

} // namespace loadsim::cluster
