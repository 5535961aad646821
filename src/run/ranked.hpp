// All ranks of a run, as the first of them sees them.
#pragma once

#include "part.hpp"
#include "parts.hpp"

#include <loadsim/cluster/channel.hpp>
#include <loadsim/cluster/letters.hpp>
#include <loadsim/cluster/spool.hpp>

#include <string>
#include <vector>

namespace loadsim::run {

/// Our own part and, by letters, those of the other ranks. Nothing waits in MPI: letters are looked for when attend() is called.
/// Threads: one, that of the channel.
class ranked final : public parts {
public:
    /// All of them must outlive it.
    ranked(part& own, cluster::channel&, cluster::spool_writer&, const time_source&);

    void connect() override;
    void begin_load(monotonic_time start) override;
    void cut() override;
    void give_up_open() override;
    void stop() override;
    measure::snapshot collect() override;
    bool settled() const override;
    nanoseconds attention() const override;
    void attend() override;
    wishes asked_elsewhere() const override { return wishes_; }
    std::string lost() const override;
    std::uint32_t shards() const override { return own_.shards(); }
    std::uint32_t count() const override { return channel_.where().count; }
    nanoseconds ahead() const override;

private:
    struct other {
        measure::snapshot latest; ///< its `seen` is empty
        std::uint32_t followed = 0;
        bool heard = false;
        monotonic_time heard_at{};
    };

    void send(const cluster::order&);
    void take(std::uint32_t from, cluster::report);

    part& own_;
    cluster::channel& channel_;
    cluster::spool_writer& spool_;
    const time_source& time_;
    monotonic_time begun_;
    std::vector<other> others_; ///< by rank; the first is unused
    measure::snapshot seen_;    ///< of the others, not collected yet; only its `seen` counts
    std::uint32_t orders_ = 0;
    wishes wishes_;
    std::string garbled_; ///< a letter that could not be read
};

} // namespace loadsim::run
