// The vehicles of one shard, alive: their sessions, and what they do with commands.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/fleet/options.hpp>
#include <loadsim/measure/totals.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/vehicle/behaviour.hpp>
#include <loadsim/vehicle/segment.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/container/deque.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::fleet {

/// What vehicles tell of commands, on the loop's thread.
class vehicle_events {
public:
    virtual ~vehicle_events() = default;
    /// A command reached the vehicle. False: it had this one before, and does nothing.
    virtual bool on_delivered(vehicle_id, std::string_view request, monotonic_time) = 0;
    virtual void on_acked(vehicle_id, std::string_view request, monotonic_time) = 0;
    virtual void on_finished(vehicle_id, std::string_view request, monotonic_time) = 0;
    /// A message on the command topic that is no command.
    virtual void on_malformed(vehicle_id) = 0;
};

class activity;
class connect_queue;

/// Threads: the loop's.
class vehicles final : private net::link_events {
public:
    /// `behaviours`: of each segment. `connects_in_flight`: at once, of this shard. Everything handed over by reference must
    /// outlive this.
    vehicles(net::loop&, vehicle_events&, const options&, std::uint64_t seed, const vehicle::segmentation&,
             std::vector<vehicle::behaviour> behaviours, shard_share, std::uint32_t connects_in_flight,
             const boost::asio::ip::tcp::endpoint& broker);
    ~vehicles() override;

    /// Begins to connect them, at the shard's share of the connect rate.
    void start();
    /// Vehicles whose behaviour is to be off line leave, with a goodbye, and do not come back.
    void leave();
    /// Says goodbye and closes every session; nothing reconnects.
    void stop();

    std::uint32_t size() const noexcept;
    std::uint32_t online() const noexcept { return online_; } ///< with a session that hears commands
    /// A command can be sent to it: it is on line, or has left as it should.
    bool reachable(vehicle_id) const;
    std::uint32_t reachable() const noexcept { return online_ + left_; } ///< how many are

    /// Why the broker will never let a vehicle in (bad credentials, refused subscription ...); empty while nothing says so.
    const std::string& refusal() const noexcept { return refusal_; }
    /// What happened to the sessions since the last take.
    measure::session_counts take();

private:
    friend class activity;
    struct car;
    class connecter;
    /// In blocks, each car where it is for good: a pointer for each, and its place on the heap, would cost more.
    using slab =
        boost::container::deque<car, void, boost::container::deque_options_t<boost::container::block_size<256>>>;

    car& car_of(vehicle_id);
    const car& car_of(vehicle_id) const;
    const vehicle::behaviour& behaviour_of(vehicle_id) const;
    void say_goodbye(car&);
    void connect_due();
    void connect_over(car&);
    bool answer(activity&, const vehicle::step&); ///< false: it cannot be said now, but later
    void end(activity&);

    mqtt::identity identify(net::mqtt_link&) override;
    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds took) override;
    void on_message(net::mqtt_link&, const mqtt::message&) override;
    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override;
    void on_offline(net::mqtt_link&, std::error_code why, bool was_online) override;
    void on_waited(net::mqtt_link&) override;
    void ready(car&);
    std::string vin_of(vehicle_id) const;
    void publish_presence(net::mqtt_link&, std::string_view state);
    void not_subscribed(net::mqtt_link&, const std::string& why);

    net::loop& loop_;
    vehicle_events& events_;
    const options& options_;
    std::uint64_t seed_;
    const vehicle::segmentation& segments_;
    std::vector<vehicle::behaviour> behaviours_;
    shard_share share_;
    const boost::asio::ip::tcp::endpoint& broker_;

    std::vector<boost::asio::ip::address> sources_; ///< empty: the kernel's choice
    slab cars_;                                     ///< by index / count
    std::vector<std::unique_ptr<activity>> activities_;
    std::unique_ptr<connecter> connecter_;
    std::unique_ptr<connect_queue> queue_;
    bool connecting_ = false; ///< inside connect_due()
    std::uint32_t online_ = 0;
    std::uint32_t left_ = 0;
    bool stopping_ = false;
    std::string refusal_;
    measure::session_counts seen_;
    struct {
        std::string vin, user, password, presence;
    } identity_; ///< the views of the last identify() point here
};

} // namespace loadsim::fleet
