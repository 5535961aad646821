// Process-wide observers with connections or listeners of their own.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/observer/observer_factory.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::scenario {
struct scenario_config;
}

namespace loadsim::run {

struct run_plan;

/// Part of the target that this process has for itself; that of the other ranks is theirs.
struct own_target {
    bool broker = true;
    bool api = true;
    bool bus = true; ///< cluster with the Kafka API
};

/// True: in each rank this observer receives the messages of the vehicles of all ranks, so that one rank must count them.
bool receives_messages_of_all_ranks(const observer::options&, own_target);

/// The observer kinds mqtt, webhook, sse, websocket and kafka of the scenario.
/// Threads: call members from one thread at a time; handlers are called on the observers' threads.
class process_observers {
public:
    using completion_handler = std::function<void(std::optional<observer::completion>, const std::string& why)>;

    /// The scenario must outlive the observers.
    explicit process_observers(const scenario::scenario_config&);
    ~process_observers();
    process_observers(const process_observers&) = delete;

    /// Opens the webhook listeners, whose URLs the platform needs. Errors: an invalid address, or one in use.
    /// `tap`: receives the bytes of their calls; may be null.
    result<void> open(net::byte_tap* tap);
    /// Sets the handlers; may be empty.
    void set_handlers(completion_handler, observer::on_vehicle_response);
    using trace_handler = std::function<void(std::uint32_t observer, std::string_view where, std::string_view text)>;
    /// Sets the handler for every raw message; may be empty.
    void set_trace(trace_handler);
    struct rendered_texts {
        std::string path;          ///< path of sse and websocket
        std::string first_message; ///< first message of a websocket
    };
    /// Connects the other observers; blocks at most 10 s for each. `rendered`: by observer index.
    result<void> start(const observer::observer_context&, const std::vector<rendered_texts>& rendered);
    void stop();

    std::string webhook_url() const; ///< of the first webhook; empty: none
    std::vector<std::string> notices() const;
    /// Adds the counts of all observers; of those for which `counts_messages` is false without the messages.
    void take_counts(measure::totals& into, const std::function<bool(const observer::options&)>& counts_messages);

private:
    struct indexed_observer {
        std::unique_ptr<observer::observer> observer;
        std::uint32_t index;
    };
    void on_completion(std::optional<observer::completion>, const std::string& why);
    void on_response(observer::observed_response);
    void attach_trace(observer::observer&, std::uint32_t index);

    const scenario::scenario_config& scenario_;
    std::vector<indexed_observer> listeners_;
    std::vector<indexed_observer> clients_;
    std::unique_ptr<observer::observer> response_listener_; ///< listens for vehicle responses if no mqtt observer does
    mutable std::mutex mutex_;                              ///< guards the next three members
    completion_handler on_completion_;
    observer::on_vehicle_response on_response_;
    trace_handler trace_;
};

/// Paths and first messages of the plan's observers, by index. Of a poll none: shards render its path for each request.
std::vector<process_observers::rendered_texts> rendered_texts_of(const run_plan&);
/// True: events of an observer carry no VIN, so that their requests are found by id.
bool needs_correlation(const scenario::scenario_config&);

} // namespace loadsim::run
