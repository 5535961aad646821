// Connects that can reach their own socket (simultaneous open).
#include "network_namespace.hpp"

#include <loadsim/http/client.hpp>
#include <loadsim/net/connect_check.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace std::chrono_literals;

TEST(connect_check, does_not_accept_a_self_connection) {
    if (!harness::enter_network_namespace()) GTEST_SKIP() << "needs a network namespace of its own (root)";
    harness::set_port_range(40'000, 40'000); // source port and destination port are then the same
    const auto found = loadsim::net::check_servers({{"mqtt", "127.0.0.1", 40'000, ""}}, "broker", 1s);
    ASSERT_EQ(found.unreachable.list.size(), 1U);
    EXPECT_THAT(found.unreachable.list.front().text, testing::HasSubstr("Connection refused"));
}

namespace {

/// Notes why its link is offline.
class offline_reason final : public loadsim::net::link_events {
public:
    explicit offline_reason(loadsim::net::loop& loop) : loop_(loop) {}
    std::error_code why;

private:
    loadsim::mqtt::identity identify(loadsim::net::mqtt_link&) override {
        return {.client_id = "car", .last_will = {}};
    }
    void on_online(loadsim::net::mqtt_link&, const loadsim::mqtt::server_limits&,
                   const loadsim::net::connect_times&) override {}
    void on_message(loadsim::net::mqtt_link&, const loadsim::mqtt::message&) override {}
    void on_offline(loadsim::net::mqtt_link&, std::error_code error, bool) override {
        why = error;
        loop_.stop();
    }
    loadsim::net::loop& loop_;
};

} // namespace

TEST(self_connection, is_refused_to_vehicles_and_to_requests) {
    if (!harness::enter_network_namespace()) GTEST_SKIP() << "needs a network namespace of its own (root)";
    harness::set_port_range(40'000, 40'000);
    const loadsim::steady_time time;
    loadsim::net::loop loop(time);
    offline_reason events(loop);
    const loadsim::mqtt::session_options options;
    loadsim::net::mqtt_link link(loop, options, events, 0);
    link.connect({boost::asio::ip::make_address("127.0.0.1"), 40'000});
    loop.run();
    EXPECT_EQ(events.why, std::errc::connection_refused);

    harness::set_port_range(40'001, 40'001); // the other one waits for late segments
    const auto response =
        loadsim::http::fetch({.base_urls = {{"http", "127.0.0.1", 40'001, ""}}, .timeout = 2s}, {.target = "/"});
    ASSERT_FALSE(response);
    EXPECT_THAT(to_string(response.error()), testing::HasSubstr("Connection refused"));
}
