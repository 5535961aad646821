// Persistence: every event goes to the database, in batches.
#pragma once

#include "calendar.hpp"
#include "processing.hpp"

#include <loadsim/backend/figures.hpp>
#include <loadsim/backend/options.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loadsim::backend {

/// A row.
struct stored_event {
    std::string id;
    std::string vin;
    std::string service;
    backend::state state = state::created;
    std::string reason;
    std::int64_t at_ms = 0;
    friend bool operator==(const stored_event&, const stored_event&) = default;
};

/// Where batches go. The real one hands them to a thread of its own, tests bring their own.
class event_store {
public:
    virtual ~event_store() = default;
    virtual void write(std::vector<stored_event> batch) = 0; ///< must not block
};

/// A batch waits for `batch` events or for `batch_window`, whichever comes first.
class persistence {
public:
    persistence(processing&, const request_table&, event_store&, const options&, const calendar&);

    void work(monotonic_time now); ///< all that waits in the queue; writes what is full or has waited long enough
    void flush();                  ///< writes what there is
    monotonic_time next_due() const { return batch_.empty() ? never : first_at_ + options_.batch_window; }
    const persistence_figures& counted() const { return figures_; }

private:
    const request_table& requests_;
    event_store& store_;
    const options& options_;
    const calendar& calendar_;
    topic<change>::queue& queue_;
    std::vector<stored_event> batch_;
    monotonic_time first_at_{}; // when the first event of the batch came
    persistence_figures figures_;
};

} // namespace loadsim::backend
