// Everything that vehicles and a driver see, told to the ledger and to who looks out for ends.
#pragma once

#include "lookouts.hpp"
#include "shared_plan.hpp"

#include <loadsim/drive/driver.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/measure/campaigns.hpp>
#include <loadsim/measure/ledger.hpp>

#include <string>
#include <string_view>

namespace loadsim::run {

/// Threads: one.
class witness final : public fleet::vehicle_events, public drive::driver_events {
public:
    /// All of them must outlive it.
    witness(const shared_plan& plan, measure::ledger& ledger, const time_source& time)
        : plan_(plan), ledger_(ledger), time_(time) {}
    /// Whom else to tell; null: nobody.
    void tell(lookouts* who, measure::campaign_account* account) {
        lookouts_ = who;
        campaigns_ = account;
    }

private:
    fleet::order on_delivered(vehicle_id, std::string_view request, monotonic_time) override;
    void on_acked(vehicle_id, std::string_view request, monotonic_time) override;
    void on_finished(vehicle_id, std::string_view request, outcome, std::string_view code, monotonic_time) override;
    void on_executed(vehicle_id, std::string_view request, monotonic_time) override;
    void on_malformed(vehicle_id, std::string_view topic, std::string_view payload, monotonic_time) override;
    void on_message(vehicle_id, std::string_view request, bool to_vehicle, std::string_view topic,
                    std::string_view payload, monotonic_time) override;
    void on_campaign(vehicle_id, std::uint32_t campaign, monotonic_time) override;
    void on_away(vehicle_id) override;
    void on_back(vehicle_id) override;
    void on_session(vehicle_id, std::string what, monotonic_time) override;
    void on_let_in(vehicle_id, monotonic_time) override;
    void on_struck(vehicle_id, std::uint32_t condition, monotonic_time) override;
    void on_passed(vehicle_id, std::uint32_t condition, monotonic_time) override;

    bool still_wanted(request_key) const override;
    void on_sent(request_key, monotonic_time) override;
    void on_accepted(request_key, std::string_view request, monotonic_time) override;
    void on_rejected(request_key, std::string_view why, monotonic_time) override;
    void on_errored(request_key, std::string_view why, monotonic_time) override;
    void on_ended(vehicle_id, std::string_view request, outcome, std::string_view reason, monotonic_time) override;
    void on_malformed() override;

    const shared_plan& plan_;
    measure::ledger& ledger_;
    const time_source& time_;
    lookouts* lookouts_ = nullptr;
    measure::campaign_account* campaigns_ = nullptr;
};

} // namespace loadsim::run
