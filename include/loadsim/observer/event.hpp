// Observer interface, and the events of observers.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/outcome.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/event_mapping.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::observer {

struct completion {
    std::string vin; ///< empty: not in the event
    std::string request;
    outcome final_outcome{};
    std::string reason;
    monotonic_time at{};               ///< arrival time at loadsim
    std::uint32_t observer = 0;        ///< index of the observer in load.observers
    contract::event_message message{}; ///< empty: no message announced it
};

/// Called on an observer's thread; must return without blocking. nullopt: a message that is neither a completion nor another
/// state of a request; `why` describes it.
using on_completion = std::function<void(std::optional<completion> seen, const std::string& why)>;

/// Completion of a request of a known vehicle. Called on the shard's thread.
using on_vehicle_completion = std::function<void(vehicle_id, completion)>;

/// Response of a vehicle as received from the broker.
struct observed_response {
    std::string vin;
    std::string request;
    std::uint64_t sequence = 0; ///< 1, 2, ... per vehicle
    monotonic_time at{};
};
/// Called on an observer's thread, for responses with a sequence number only.
using on_vehicle_response = std::function<void(observed_response)>;

/// Counts of an observer since the last take_counts().
struct counts {
    std::uint64_t messages = 0; ///< received, completions or not
    std::uint64_t completions = 0;
    std::uint64_t reconnects = 0; ///< connections after a connection loss
    std::map<std::string, std::uint64_t>
        refused; ///< rejected messages by reason: "signature is wrong", "compressed body"
    std::map<std::string, std::uint64_t> addresses; ///< connections made, by address
    /// Connections that have ended or could not be opened after the start, by reason.
    std::map<std::string, std::uint64_t> connection_errors;
    std::map<std::string, std::uint64_t>
        broker_limits;                         ///< features that the broker does not support, one sentence each
    std::vector<std::string> unmatched_fields; ///< sentences about field paths that never matched, each reported once
};

/// Trace of every message as received: topic or path, and text. Called on the observer's thread.
using on_trace = std::function<void(std::string_view where, std::string_view text)>;

/// Process-wide observer of completions, with its own connection or listener.
/// Threads: start, stop and take_counts from one thread; events are delivered on the observer's own thread.
class observer {
public:
    virtual ~observer() = default; ///< stops the observer
    /// Blocks until the observer is receiving, at most 10 s. Errors: one sentence with option path and remedy.
    virtual result<void> start() = 0;
    virtual void stop() = 0;
    virtual counts take_counts() = 0;
    virtual void set_trace(on_trace) = 0; ///< call before start()
    /// URL to register at the platform (webhook), available after start(). Empty: none.
    virtual std::string url() const { return {}; }
    /// Sentence printed at the start ("webhook: listens on ..."); empty: none.
    virtual std::string notice() const { return {}; }
};

} // namespace loadsim::observer
