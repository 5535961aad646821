// The end of a request, as somebody saw it.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observe {

struct final_event {
    std::string vin; ///< empty: it was not said
    std::string request;
    outcome end{};
    std::string reason;
    monotonic_time at{};        ///< when it arrived here
    std::uint32_t observer = 0; ///< which of the scenario's observers saw it
};

/// Called on an observer's thread: hand over and return. Without a value: a message that is no event (and no other state
/// of a request either); `why` says what it was.
using on_event = std::function<void(std::optional<final_event> seen, const std::string& why)>;

/// An end of a request whose vehicle is known. Called on the shard's thread.
using on_end = std::function<void(vehicle_id, final_event)>;

/// A vehicle's word, as it came over the broker.
struct heard_word {
    std::string vin;
    std::string request;
    std::uint64_t sequence = 0; ///< 1, 2, ... of the vehicle
    monotonic_time at{};
};
/// Called on an observer's thread. Words without a sequence number, and what is no word, are not told.
using on_word = std::function<void(heard_word)>;

/// What an observer has counted since it was asked last.
struct counts {
    std::uint64_t messages = 0; ///< that came, ends or not
    std::uint64_t ends = 0;
    std::uint64_t reconnects = 0; ///< connections made after one was lost
    std::map<std::string, std::uint64_t>
        refused;                      ///< what was turned away, by why: "signature is wrong", "body over 64 KiB"
    std::vector<std::string> misfits; ///< sentences about pointers that never matched, each told once
};

/// Every message as it came, for who wants to see what is said: its topic or path, and its text. On the observer's thread.
using on_heard = std::function<void(std::string_view where, std::string_view text)>;

/// One way to see ends that is on its own: it listens, or is told.
/// Threads: start, stop and take from one; events come on its own.
class observer {
public:
    virtual ~observer() = default; ///< stops
    /// Blocks until it sees, 10 s at most. Errors: one sentence with the place and the remedy.
    virtual result<void> start() = 0;
    virtual void stop() = 0;
    virtual counts take() = 0;
    virtual void overhear(on_heard) = 0; ///< before start()
    /// What the platform is to be told: the webhook's URL. Known after start(). Empty: nothing.
    virtual std::string url() const { return {}; }
    /// A sentence for the user at the start ("webhook: listens on ..."); empty: nothing.
    virtual std::string said() const { return {}; }
};

} // namespace loadsim::observe
