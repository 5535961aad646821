// Service core: all components, connected by the event bus, without I/O.
#pragma once

#include "epoch_clock.hpp"
#include "faults.hpp"
#include "outbox.hpp"
#include "persistence.hpp"
#include "request_lifecycle.hpp"
#include "request_messages.hpp"
#include "requests.hpp"
#include "vehicle_message.hpp"
#include "wakeup_scheduler.hpp"

#include <loadsim/backend/counts.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::backend {

/// Inputs only queue work; run() executes it. No call blocks or throws. Reads only the given time source.
/// Threads: one.
class service_core {
public:
    struct startup {
        std::int64_t ms_since_epoch = 0; ///< system time at `time.now()`
        std::uint32_t id_prefix = 0;     ///< random for each start
        outbox::limits limits{};
        wakeup_scheduler::trigger_sender send_trigger{}; ///< empty: sleeping vehicles are not woken
    };

    /// `options`, `time`, `broker` and `store` must outlive the object. `store` null: events are not stored.
    service_core(const options&, const time_source&, const startup&, broker_port&, event_store*);
    service_core(const service_core&) = delete;
    service_core& operator=(const service_core&) = delete;

    creation::create_result create(std::string_view vin, std::string_view service) {
        return creation_.create(vin, service, !outbound_.is_full());
    }
    /// nullptr: unknown, or evicted.
    const request* find(std::string_view id) const;
    /// Events of requests from the event store, including those not yet written.
    void read_events(event_query, event_store::on_read);
    /// Response or presence of a vehicle.
    void receive(std::string_view topic, std::string_view payload);
    outbox& out() { return outbox_; }
    bool accepts_http_responses() const { return !options_.broker_api.url.empty(); }

    /// Runs until all queues are empty and all due work is done.
    void run();
    /// Time of the next run() if there is no input before it.
    monotonic_time next_due() const;
    /// Writes the pending batch of persistence.
    void flush();

    const std::vector<service>& services() const { return options_.services; }
    const epoch_clock& clock() const { return clock_; }
    backend_counts counts() const; ///< without those of the adapters

    /// Event bus between the components. Its queues may deliver a message twice, as those of a real platform do.
    event_bus<state_change>& changes() { return processing_.changes(); }
    /// Runs one check of the lifecycle's delay queue.
    void check(request_number number, state observed) { lifecycle_.check(number, observed); }

private:
    fault_injector<vehicle_message>::outputs response_outputs();

    const options& options_;
    const time_source& time_;
    epoch_clock clock_;
    request_table requests_;
    processing processing_;
    fault_plans faults_;
    outbox outbox_;
    creation creation_;
    inbound inbound_;
    outbound outbound_;
    lifecycle lifecycle_;
    std::optional<persistence> persistence_;
    distribution distribution_;
    wakeup_scheduler wakeup_scheduler_;
    echo_filter echo_filter_;
    fault_injector<vehicle_message> responses_; ///< applies the faults of responses
};

} // namespace loadsim::backend
