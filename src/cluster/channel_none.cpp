// In the place of channel_mpi.cpp where there is no MPI.
#include <loadsim/cluster/channel.hpp>

#include <utility>

namespace loadsim::cluster {

struct channel::state {
    place where;
    std::string trouble;
};

result<std::unique_ptr<channel>> channel::join() {
    return problems{"MPI", "this loadsim was built without MPI; configure with -DLOADSIM_MPI=ON"};
}

// join() never makes one, so the rest is never called.
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
