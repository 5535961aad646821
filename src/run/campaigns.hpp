// The campaigns of a shard: when they are due, who sends them, and who has got them.
#pragma once

#include "shared_plan.hpp"

#include <loadsim/drive/publisher.hpp>
#include <loadsim/measure/campaigns.hpp>
#include <loadsim/net/loop.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace loadsim::run {

struct address_book;

/// Each shard knows when they are due, for its own vehicles; one shard of each broker sends them. A replay has none.
/// Threads: the loop's.
class campaigns {
public:
    /// What is handed over by reference must outlive it. `sends`: this shard does.
    campaigns(net::loop&, const shared_plan&, const time_source&, shard_share, const address_book&, bool sends);

    measure::campaign_account& account() noexcept { return account_; }
    bool any() const noexcept { return !plan_.scenario.campaigns.empty() && !plan_.only; }

    void start(std::function<void(std::string trouble)> ready); ///< called once: empty, or why nothing can be sent
    void begin_load(monotonic_time start);
    void cut(); ///< none is due any more
    void stop();

    /// What was counted since the last take; `troubles`: sentences about what could not be sent.
    std::map<std::uint32_t, measure::campaign_counts> take(std::map<std::string, std::uint64_t>& troubles);

private:
    void launch();
    void send(std::uint32_t which);
    void trouble(std::uint32_t which, const std::string& what);

    const shared_plan& plan_;
    const time_source& time_;
    shard_share share_;
    measure::campaign_account account_;
    std::unique_ptr<drive::publisher> publisher_; ///< null: another shard's
    net::clock_timer timer_;
    monotonic_time start_ = never;       ///< of the load
    std::vector<std::uint32_t> to_come_; ///< by index, the next one last
    std::map<std::string, std::uint64_t> troubles_;
};

} // namespace loadsim::run
