// MQTT vehicles of one shard: sessions and command handling.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/events.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace loadsim::fleet {

/// Threads: the loop's.
class mqtt_fleet final : public vehicles {
public:
    /// `connects_in_flight`: of this shard. `brokers`: at least one; assigned round-robin by vehicle index; a vehicle whose broker
    /// refuses tries the next. All references and everything the spec refers to must outlive this object.
    /// The spec's templates must compile (checked before with identity_templates and campaign).
    mqtt_fleet(net::loop&, vehicle_events&, const fleet_spec&, std::uint32_t connects_in_flight,
               std::vector<boost::asio::ip::tcp::endpoint> brokers);
    ~mqtt_fleet() override;

    /// Starts connecting, at the shard's part of the connect rate.
    void start();
    /// Load start: vehicles with an offline behaviour disconnect for good (DISCONNECT); sleeping vehicles fall asleep; time zero of
    /// conditions.
    void begin_load(monotonic_time start);
    /// Wake-up trigger for a sleeping vehicle; ignored by a vehicle that is awake.
    void wake(vehicle_id);
    /// Broker outage: every vehicle is unreachable until on_broker_up(), whatever happens to its connection.
    void on_broker_down(std::uint32_t condition, std::uint32_t occurrence);
    void on_broker_up(std::uint32_t condition);
    /// End of load: no further condition begins.
    void end_load();
    /// Time of the next condition event, since the load's start; nullopt: none.
    std::optional<nanoseconds> next_condition_event();
    /// Closes every session with DISCONNECT; nothing reconnects.
    void stop();

    std::uint32_t size() const noexcept override;
    bool available(vehicle_id) const override;
    std::uint32_t available() const noexcept override;
    std::uint32_t expected_online() const noexcept; ///< vehicles expected online before the load
    std::uint32_t online() const noexcept;          ///< vehicles with a session and a subscription

    /// Permanent refusal by the broker: vehicle rejected, or a feature missing that the scenario needs (bad credentials, refused
    /// subscription, no wildcards ...); empty: none.
    const std::string& refusal() const noexcept;
    /// Session counts since the last call.
    fleet_counts take_counts();
    /// Contract fields that matched no message since the last call, one sentence each.
    std::vector<std::string> take_unmatched_fields();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

} // namespace loadsim::fleet
