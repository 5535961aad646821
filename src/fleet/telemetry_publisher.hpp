// Publisher of a shard's telemetry: sends messages when they are due, stores them while a link is down, and counts where each ends.
#pragma once

#include "awaited_payloads.hpp"
#include "closed_links.hpp"
#include "in_flight_messages.hpp"
#include "reissue_queue.hpp"
#include "telemetry_composer.hpp"
#include "telemetry_link.hpp"
#include "telemetry_plan.hpp"
#include "telemetry_sequences.hpp"
#include "timer_callback.hpp"

#include <loadsim/fleet/telemetry_listener.hpp>
#include <loadsim/measure/telemetry_counts.hpp>
#include <loadsim/mqtt/error.hpp>
#include <loadsim/telemetry/message_store.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace loadsim::fleet {

/// A message that is due is sent if the vehicle's link lets it through, and no older message waits in the store of a vehicle that
/// re-issues it before live ones; otherwise it is stored, or without a store not sent. A message is in flight until its
/// acknowledgement. When its session ends, it is stored again (without a store it is lost), unless the session keeps it: such a
/// session sends it again when it is resumed.
///
/// Shape:   telemetry_plan for each vehicle; in_flight_messages and message_store for the messages that are there.
/// Threads: the loop's. It sends from its timer alone, never from within a call.
class telemetry_publisher {
public:
    /// `vehicles`: of the shard. Link and spec must outlive the publisher. The spec must have a vehicle model.
    telemetry_publisher(telemetry_link&, const fleet_spec&, std::uint32_t vehicles);
    telemetry_publisher(const telemetry_publisher&) = delete;
    telemetry_publisher& operator=(const telemetry_publisher&) = delete;
    ~telemetry_publisher();

    /// Why the database of the store cannot be used; empty: it can, or there is none.
    const std::string& problem() const noexcept { return problem_; }
    void set_listener(telemetry_listener* listener) noexcept { listener_ = listener; } ///< null: none

    void begin_load(monotonic_time start);
    void end_load(); ///< nothing is due from now on; what was due is sent
    void finish();   ///< the run ends: what is in flight is lost, what is stored stays in the store

    // Events of the vehicles.
    void on_link_up(vehicle_id); ///< can_send() is true again
    /// CONNACK. `resumed`: the broker has the session, and gets unacknowledged messages again.
    void on_session_begun(vehicle_id, bool resumed);
    void on_session_ended(vehicle_id, session_end = session_end::by_vehicle);
    /// The broker has acknowledged a message. False: it is none of the telemetry.
    bool on_published(vehicle_id, std::uint16_t packet_id, mqtt::reason);

    bool all_due() const noexcept { return plan_.next() == nanoseconds::max(); }
    /// Something is in flight, or waits in the store of a vehicle that comes back.
    bool awaits() const;
    /// Counts since the last call.
    void take_counts(std::map<std::uint32_t, measure::telemetry_counts>& by_group, measure::backlog_counts&);

private:
    /// What the store does not keep of a message, as its group has it.
    struct message_traits {
        bool retained = false;
        bool has_metadata = false; ///< response topic, correlation data, content type or user properties
    };

    // telemetry_publisher.cpp: due messages and acknowledgements.
    void process();
    void arm();
    void publish(due_telemetry);
    void record_lag(const due_telemetry&);
    void publish_composed(const due_telemetry&, bool can_send); ///< message_
    std::error_code send(const telemetry::stored_message&, const mqtt::message&, bool from_store);
    void track(const telemetry::stored_message&, std::uint16_t packet_id, std::uint64_t hash, bool from_store);
    void not_sent(std::uint32_t group, const std::string& why);
    void not_made(std::uint32_t group, const std::string& why);
    void refuse_first(vehicle_id);
    const std::string& closing_reason(std::uint32_t group, std::uint32_t bytes);
    mqtt::qos qos_of(const contract::outgoing_message&) const;
    std::uint32_t slot_of(vehicle_id v) const { return spec_.shard_partition.slot_of(v); }
    vehicle_id id_at(std::uint32_t slot) const { return spec_.shard_partition.vehicle_at(slot); }
    nanoseconds since_start() const { return link_.now() - load_start_; }

    // telemetry_payloads.cpp: payloads of external programs.
    void publish_without_payload(const due_telemetry&);
    void ask_payload(const due_telemetry&, const program_options&);
    std::string take_payload(const due_telemetry&, const boost::json::object* answer);
    void publish_settled(std::uint64_t queue);
    void drop_awaited_payloads();

    // telemetry_reissue.cpp: the store.
    void open_store();
    void restore_store();
    bool store(const telemetry::stored_message&);
    void reissue_due();
    bool reissue(const telemetry::stored_message&, nanoseconds now);
    void schedule_reissue(vehicle_id);
    void give_back(std::uint32_t slot);
    void flush_store();
    void take_persistence_problem();
    void add_store_counts(std::map<std::uint32_t, measure::telemetry_counts>&);

    telemetry_link& link_;
    const fleet_spec& spec_;
    telemetry_plan plan_;
    telemetry_composer composer_;
    telemetry_listener* listener_ = nullptr;
    std::string problem_;
    monotonic_time load_start_ = never;
    monotonic_time armed_ = never;
    bool finished_ = false;

    in_flight_messages in_flight_;
    std::optional<vehicle_id> sending_;              ///< inside telemetry_link::publish_telemetry()
    std::optional<session_end> ended_while_sending_; ///< the session of that vehicle
    closed_links closed_links_;
    std::vector<std::string>
        closing_reasons_;                ///< by group: of messages at which the broker closes the link; empty: none yet
    contract::outgoing_message message_; ///< buffers, reused

    awaited_payloads awaited_; ///< of external programs

    std::unique_ptr<telemetry::store_persistence> persistence_; ///< null: the store is in memory only
    std::optional<telemetry_sequences> sequences_;              ///< nullopt: those of the plan, from 1
    std::optional<telemetry::message_store> store_;             ///< during the load, if the options have one
    reissue_queue reissues_;
    std::string topic_, payload_;        ///< of the message being re-issued
    std::vector<message_traits> traits_; ///< by group

    std::vector<measure::telemetry_counts> counts_;     ///< by group, since the last take_counts()
    std::vector<telemetry::store_counts> store_counts_; ///< by group, as of the last take_counts()
    measure::backlog_counts backlogs_;
    std::uint64_t persistence_errors_ = 0; ///< as of the last take_counts()

    timer_callback<telemetry_publisher> timer_{*this, &telemetry_publisher::process};
    timer_callback<telemetry_publisher> flush_timer_{*this, &telemetry_publisher::flush_store};
};

} // namespace loadsim::fleet
