// Message channel between the ranks of a run, over MPI.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/cluster/rank_info.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::cluster {

/// Poll interval for messages: upper bound of the added delay; a poll costs next to nothing.
inline constexpr nanoseconds poll_interval = std::chrono::milliseconds{20};

/// Non-blocking message channel between ranks; hides MPI. At most one per process, made once: MPI cannot be initialized twice.
///
/// send() and receive() start transfers and test their progress; they neither block nor spin. Transfers progress only during
/// receive() and sent_all(), so both ends call these from a timer.
/// Errors:  after the first error trouble() describes it, and nothing is sent or received any more. This rank then exits without
///          MPI_Finalize, and the launcher terminates the others.
/// Threads: one, the thread that called join().
class mpi_channel {
public:
    /// Initializes MPI; returns once all ranks have. Call only if launched_by_mpi().
    /// Errors: built without MPI; MPI cannot be initialized.
    static result<std::unique_ptr<mpi_channel>> join();

    /// Completes pending transfers for at most a second, then finalizes MPI, which blocks until all ranks do.
    ~mpi_channel();
    mpi_channel(const mpi_channel&) = delete;
    mpi_channel& operator=(const mpi_channel&) = delete;

    const rank_info& info() const;
    /// Host name of a rank; empty: no such rank.
    std::string host_of(std::uint32_t rank) const;
    /// Name of a rank in messages: "rank 3 on node-b".
    std::string display_name(std::uint32_t rank) const;

    /// Returns immediately; keeps the text until MPI has sent it. Messages to one rank arrive in order. A rank may send to itself.
    /// A text of 1 GiB or more sets trouble().
    void send(std::uint32_t to, std::string text);

    struct received_message {
        std::uint32_t from = 0;
        std::string text;
    };
    /// Next completely received message of any rank; nullopt: none.
    std::optional<received_message> receive();

    /// Whether all sends have completed at this end. A small text completes before the receiver has asked for it.
    bool sent_all();

    /// Error sentence after the channel has failed; empty: it works.
    const std::string& trouble() const;

private:
    struct state;
    explicit mpi_channel(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

} // namespace loadsim::cluster
