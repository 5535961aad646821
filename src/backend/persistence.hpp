// Persistence: writes every event to the event store, in batches.
#pragma once

#include "epoch_clock.hpp"
#include "requests.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::backend {

/// Row of the event table.
struct stored_event {
    std::string id;
    std::string vin;
    std::string service;
    backend::state state = state::created;
    std::string reason;
    std::int64_t at_ms = 0;
    friend bool operator==(const stored_event&, const stored_event&) = default;
};

/// Selection of requests in the event store.
struct event_query {
    std::string id{}; ///< one request; empty: the requests of `vin`, newest first
    std::string vin{};
    std::string before{}; ///< request of `vin` that those selected are older than; empty: none
    int limit = 1;        ///< requests
};

/// Destination of batches, used on its own thread by store_writer. No member blocks.
class event_store {
public:
    virtual ~event_store() = default;
    virtual void write(std::vector<stored_event> batch) = 0;
    /// All events of the selected requests, those of a request in state order; nullopt: cannot be read now.
    using on_read = std::function<void(std::optional<std::vector<stored_event>>)>;
    /// Includes all batches written before. `on_read` is called once, on the caller's thread.
    virtual void read(event_query, on_read) = 0;
};

/// Events of requests that were dropped by a fault are not stored.
/// A batch is written after `batch` events or `batch_window`, whichever comes first.
class persistence {
public:
    persistence(processing&, const request_table&, event_store&, const options&, const epoch_clock&);

    void process_queue(monotonic_time now); ///< processes all queued changes; writes batches that are full or due
    void flush();                           ///< writes the current batch
    void read(event_query, event_store::on_read);
    monotonic_time next_due() const { return batch_.empty() ? never : first_at_ + options_.batch_window; }
    const persistence_counts& counts() const { return counts_; }

private:
    const request_table& requests_;
    event_store& store_;
    const options& options_;
    const epoch_clock& clock_;
    event_bus<state_change>::queue& queue_;
    std::vector<stored_event> batch_;
    monotonic_time first_at_{}; // time of the batch's first event
    persistence_counts counts_;
};

} // namespace loadsim::backend
