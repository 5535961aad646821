// Letters between the ranks of a run.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/cluster/place.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace loadsim::cluster {

/// How often to look for letters: what waits for one is late by this at most, and looking costs next to nothing.
inline constexpr nanoseconds look_for_letters = std::chrono::milliseconds{20};

/// What ranks talk through: MPI, of which nothing shows here. A process has one at most, and once only: MPI begins once.
///
/// Nothing waits and nothing spins: sending and receiving start transfers and look how far they are. They move only while
/// somebody calls receive() or sent_all(), so both ends call them from a timer.
/// Errors:  after the first one trouble() says what went wrong, nothing is sent or received any more, and the launcher, which
///          sees this rank leave without a word, ends the others.
/// Threads: one, the one that joined.
class channel {
public:
    /// Takes this process's place among the ranks; returns once all are there. Only where launched().
    /// Errors: this program was built without MPI; MPI does not begin.
    static result<std::unique_ptr<channel>> join();

    /// Leaves. What is still on its way gets a second at most. Every rank should be leaving by then, for each waits for all.
    ~channel();
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    const place& where() const;
    /// The name of the host that a rank is on; empty where there is no such rank.
    std::string host_of(std::uint32_t rank) const;
    /// As people are told of it: "rank 3 on node-b".
    std::string called(std::uint32_t rank) const;

    /// Returns at once; the text is kept until MPI has taken it. What goes to one rank arrives in the order it was sent in. To
    /// itself works too. A text of 1 GiB or more is refused with trouble().
    void send(std::uint32_t to, std::string text);

    struct letter {
        std::uint32_t from = 0;
        std::string text;
    };
    /// The next one that has arrived whole, of any rank; nullopt when none has.
    std::optional<letter> receive();

    /// MPI has taken all that was sent here. A small text is taken before the other end has asked for it.
    bool sent_all();

    /// One sentence on why letters no longer come and go; empty while they do.
    const std::string& trouble() const;

private:
    struct state;
    explicit channel(std::unique_ptr<state>);
    std::unique_ptr<state> state_;
};

} // namespace loadsim::cluster
