// MPI channel: the message channel between the ranks of a run, over MPI.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/cluster/channel.hpp>

#include <memory>

namespace loadsim::cluster {

/// Hides MPI. At most one per process, made once: MPI cannot be initialized twice.
///
/// send() and receive() start transfers and test their progress. Transfers progress only during receive(), progress() and sent_all(), so both
/// ends call these from a timer.
/// Errors:  after the first one this rank exits without MPI_Finalize, and the launcher terminates the others.
/// Threads: one, the thread that called join().
class mpi_channel final : public channel {
public:
    /// Initializes MPI; returns once all ranks have. Call only if launched_by_mpi().
    /// Errors: built without MPI; MPI cannot be initialized.
    static result<std::unique_ptr<mpi_channel>> join();

    /// Completes pending transfers for at most a second, then finalizes MPI, which blocks until all ranks do.
    ~mpi_channel() override;
    mpi_channel(const mpi_channel&) = delete;
    mpi_channel& operator=(const mpi_channel&) = delete;

    const rank_info& info() const override;
    std::string host_of(std::uint32_t rank) const override;
    /// A text of 1 GiB or more sets error().
    void send(std::uint32_t to, std::string text) override;
    std::optional<received_message> receive() override;
    void progress() override;
    /// True: all sends have completed at this end. A small text completes before the receiver reads it.
    bool sent_all();
    const std::string& error() const override;

private:
    struct state;
    explicit mpi_channel(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

} // namespace loadsim::cluster
