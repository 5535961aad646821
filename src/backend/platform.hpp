// The whole service without its edges: the parts, joined by the topic.
#pragma once

#include "calendar.hpp"
#include "creation.hpp"
#include "detour.hpp"
#include "distribution.hpp"
#include "faults.hpp"
#include "inbound.hpp"
#include "lifecycle.hpp"
#include "outbound.hpp"
#include "outbox.hpp"
#include "own_words.hpp"
#include "persistence.hpp"
#include "processing.hpp"
#include "request_table.hpp"
#include "sleepers.hpp"
#include "vehicle_message.hpp"

#include <loadsim/backend/figures.hpp>
#include <loadsim/backend/options.hpp>
#include <loadsim/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim::backend {

/// Threads: one. Inputs only queue work; run() does it. No call blocks, throws or reads a clock but the one handed in.
class platform {
public:
    struct start {
        std::int64_t ms_since_epoch = 0; ///< the date at `time.now()`
        std::uint32_t id_prefix = 0;     ///< drawn anew at each start
        outbox::limits limits{};
        sleepers::trigger wake{}; ///< empty: vehicles that sleep are left alone
    };

    /// `options`, `time`, `broker` and `store` must outlive it. Without a store no events are kept.
    platform(const options&, const time_source&, const start&, broker_port&, event_store*);
    platform(const platform&) = delete;
    platform& operator=(const platform&) = delete;

    creation::answer create(std::string_view vin, std::string_view service) { return creation_.create(vin, service); }
    /// nullptr: never was, or forgotten.
    const request* find(std::string_view id) const;
    /// A vehicle's word, or its presence.
    void receive(std::string_view topic, std::string_view payload);
    outbox& out() { return outbox_; }
    bool hears_words() const { return !options_.broker_api.url.empty(); } ///< over HTTP

    /// Works until every queue is empty and all that is due is done.
    void run();
    /// When run() is next needed if nothing comes in.
    monotonic_time next_due() const;
    /// Writes what persistence holds.
    void flush();

    const std::vector<service>& services() const { return options_.services; }
    const calendar& dates() const { return calendar_; }
    figures counted() const; ///< without those of the edges

    /// The topic that joins the parts. Its queues may be given a message twice, as a real platform's are.
    topic<change>& changes() { return processing_.changes(); }
    /// One message out of the lifecycle's delay queue.
    void check(request_number number, state seen) { lifecycle_.check(number, seen); }

private:
    detour<vehicle_message>::ways ways_of_words();

    const options& options_;
    const time_source& time_;
    calendar calendar_;
    request_table requests_;
    processing processing_;
    fault_plan faults_;
    outbox outbox_;
    creation creation_;
    inbound inbound_;
    outbound outbound_;
    lifecycle lifecycle_;
    std::optional<persistence> persistence_;
    distribution distribution_;
    sleepers sleepers_;
    own_words own_words_;
    detour<vehicle_message> words_; ///< here are the faults of words
};

} // namespace loadsim::backend
