// Event recorder: forwards events of vehicles and driver to the ledger, the shard observers and the campaign ledger.
#pragma once

#include "run_plan.hpp"

#include <loadsim/driver/driver.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/measure/campaign_ledger.hpp>
#include <loadsim/measure/ledger.hpp>
#include <loadsim/observer/event.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::run {

class arrival_dispatcher;
class shard_observers;

/// Threads: one.
class event_recorder final : public fleet::vehicle_events, public driver::driver_events {
public:
    /// All arguments must outlive the recorder.
    event_recorder(const run_plan& plan, measure::ledger& ledger, const time_source& time)
        : plan_(plan), ledger_(ledger), time_(time) {}
    /// Sets further receivers; null: none.
    void set_receivers(shard_observers* observers, measure::campaign_ledger* campaigns) {
        observers_ = observers;
        campaign_ledger_ = campaigns;
    }
    void set_dispatcher(arrival_dispatcher& dispatcher) { dispatcher_ = &dispatcher; }

    /// A completion announced by the platform. nullopt: of no vehicle of this run.
    void on_completion(std::optional<vehicle_id>, const observer::completion&);

private:
    fleet::command_info on_delivered(vehicle_id, const contract::message_contract::parsed_command&, monotonic_time,
                                     bool retained) override;
    void on_acked(vehicle_id, std::string_view request, monotonic_time) override;
    void on_finished(vehicle_id, std::string_view request, outcome, std::string_view code, monotonic_time) override;
    void on_expected(vehicle_id, std::string_view request, outcome_set) override;
    void on_executed(vehicle_id, std::string_view request, monotonic_time) override;
    void on_execution_begin(vehicle_id) override;
    void on_execution_end(vehicle_id) override;
    void on_malformed(vehicle_id, std::string_view topic, std::string_view payload, monotonic_time) override;
    void on_message(vehicle_id, std::string_view request, bool to_vehicle, std::string_view topic,
                    std::string_view payload, monotonic_time) override;
    void on_campaign(vehicle_id, std::uint32_t campaign, monotonic_time) override;
    void on_unreachable(vehicle_id) override;
    void on_reachable(vehicle_id) override;
    void on_availability_changed(vehicle_id) override;
    void on_session_event(vehicle_id, std::string&& what, monotonic_time) override;
    void on_unauthorized_accept(vehicle_id, monotonic_time) override;
    void on_condition_begin(vehicle_id, std::uint32_t condition, monotonic_time) override;
    void on_condition_end(vehicle_id, std::uint32_t condition, monotonic_time) override;

    bool still_wanted(request_key) const override;
    void on_requested(request_key, std::string_view request, const measure::command_content&) override;
    void on_api_request(request_key, std::string_view head, std::string_view body,
                        std::string_view traceparent) override;
    void on_sent(request_key, monotonic_time) override;
    void on_api_response(request_key, std::string_view status, std::string_view body, monotonic_time) override;
    void on_accepted(request_key, std::string_view request, monotonic_time) override;
    void on_rejected(request_key, std::string_view why, monotonic_time) override;
    void on_errored(request_key, std::string_view why, monotonic_time) override;
    void on_completed(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time) override;
    void on_malformed() override;

    const run_plan& plan_;
    measure::ledger& ledger_;
    const time_source& time_;
    shard_observers* observers_ = nullptr;
    measure::campaign_ledger* campaign_ledger_ = nullptr;
    arrival_dispatcher* dispatcher_ = nullptr;
};

} // namespace loadsim::run
