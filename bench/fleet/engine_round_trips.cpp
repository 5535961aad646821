// loadsim's engine by itself: the loop and a link a session, and always one QoS 1 message in flight on each. No scenario asks
// for that, so it is a program of its own. Prints what the floor prints.
#include "process_figures.hpp"

#include <loadsim/contract/topics.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_link.hpp>
#include <loadsim/target/preflight.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <string>

namespace {

using namespace loadsim;

struct wanted {
    std::uint16_t port = 0;
    std::uint32_t sessions = 1000;
    std::uint32_t active = 0; ///< 0: all
    std::uint32_t in_flight = 100;
    double seconds = 5;
};

constexpr std::chrono::seconds warm_up{1};
constexpr std::chrono::milliseconds come_home{200};
constexpr std::size_t payload_size = 64;

double own_cpu() { return bench::cpu_seconds(::getpid()); }
double own_memory() { return static_cast<double>(bench::resident_bytes(::getpid())); }

class fleet final : private net::link_events, private net::timer {
public:
    explicit fleet(const wanted& w)
        : wanted_(w), broker_(boost::asio::ip::address_v4::loopback(), w.port), loop_(time_) {}

    int run() {
        cpu_begin_ = own_cpu();
        memory_begin_ = own_memory();
        begin_ = time_.now();
        net::link_events& self = *this;
        for (std::uint32_t i = 0; i < wanted_.sessions; ++i) links_.emplace_back(loop_, options_, self, i);
        while (next_ < wanted_.sessions && next_ < wanted_.in_flight) links_[next_++].connect(broker_);
        loop_.run();
        return lost_ == 0 ? 0 : 1;
    }

private:
    std::string vin_of(const net::mqtt_link& link) const { return vehicle::vin_of(vin_, vehicle_id{link.tag()}); }

    mqtt::identity identify(net::mqtt_link& link) override {
        name_ = vin_of(link);
        presence_ = contract::presence_topic(name_);
        return {.client_id = name_,
                .last_will = mqtt::will{.topic = presence_,
                                        .payload = R"({"state":"offline"})",
                                        .quality = mqtt::qos::at_least_once,
                                        .retain = true}};
    }

    void on_online(net::mqtt_link& link, const mqtt::server_limits&, nanoseconds) override {
        const auto filter = contract::command_filter(vin_of(link));
        const mqtt::subscription commands{filter, mqtt::qos::at_least_once};
        (void)link.subscribe({&commands, 1});
        const auto topic = contract::presence_topic(vin_of(link));
        (void)link.publish(
            {.topic = topic, .payload = R"({"state":"online"})", .quality = mqtt::qos::at_most_once, .retain = true});
        if (next_ < wanted_.sessions) links_[next_++].connect(broker_);
    }

    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override {
        if (++online_ != wanted_.sessions) return;
        connect_s_ = since(begin_);
        connect_cpu_s_ = own_cpu() - cpu_begin_;
        memory_online_ = own_memory();
        const auto active = wanted_.active == 0 ? wanted_.sessions : std::min(wanted_.active, wanted_.sessions);
        for (std::uint32_t i = 0; i < active; ++i)
            publish(links_[i * (wanted_.sessions / active)]); // spread over the fleet
        loop_.arm(*this, time_.now() + warm_up);
    }

    void publish(net::mqtt_link& link) {
        topic_ = "v1/";
        topic_ += vin_of(link);
        topic_ += "/bench"; // nobody subscribes to it
        if (link.publish({.topic = topic_, .payload = payload_, .quality = mqtt::qos::at_least_once}).error) ++lost_;
    }

    void on_published(net::mqtt_link& link, std::uint16_t, mqtt::reason) override {
        ++done_;
        if (at_ != stage::over) publish(link);
    }

    void on_message(net::mqtt_link&, const mqtt::message&) override {}

    void on_offline(net::mqtt_link&, std::error_code why, bool) override {
        fmt::print(stderr, "engine: {}\n", why.message());
        ++lost_;
        loop_.stop();
    }

    /// Warmed up; measured; come home.
    void on_timer(monotonic_time now) override {
        switch (at_) {
        case stage::warming:
            at_ = stage::measured;
            measured_from_ = now;
            cpu_before_ = own_cpu();
            done_before_ = done_;
            loop_.arm(*this,
                      now + std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(wanted_.seconds)));
            return;
        case stage::measured:
            at_ = stage::over;
            print();
            loop_.arm(*this, now + come_home);
            return;
        case stage::over: return loop_.stop();
        }
    }

    double since(monotonic_time t) const { return std::chrono::duration<double>(time_.now() - t).count(); }

    void print() const {
        const double took = since(measured_from_);
        const double cpu = own_cpu() - cpu_before_;
        const auto done = static_cast<double>(done_ - done_before_);
        fmt::print(
            "{{\"mode\":\"round-trips\",\"sessions\":{},\"connects_per_s\":{:.1f},\"cpu_per_connect_us\":{:.3f},"
            "\"bytes_per_session\":{:.1f},\"seconds\":{:.6f},\"round_trips\":{:.0f},\"round_trips_per_s\":{:.1f},"
            "\"cpu_per_round_trip_us\":{:.4f},\"lost\":{}}}\n",
            wanted_.sessions, wanted_.sessions / connect_s_, connect_cpu_s_ / wanted_.sessions * 1e6,
            (memory_online_ - memory_begin_) / wanted_.sessions, took, done, done / took, cpu / done * 1e6, lost_);
        std::fflush(stdout);
    }

    enum class stage : std::uint8_t { warming, measured, over };

    wanted wanted_;
    boost::asio::ip::tcp::endpoint broker_;
    steady_time time_;
    net::loop loop_;
    mqtt::session_options options_;
    vehicle::vin_options vin_;
    std::deque<net::mqtt_link> links_;
    std::string name_, presence_, topic_;
    std::string payload_ = std::string(payload_size, 'x');
    std::uint32_t next_ = 0, online_ = 0, lost_ = 0;
    std::uint64_t done_ = 0, done_before_ = 0;
    stage at_ = stage::warming;
    monotonic_time begin_{}, measured_from_{};
    double cpu_begin_ = 0, cpu_before_ = 0, connect_s_ = 0, connect_cpu_s_ = 0, memory_begin_ = 0, memory_online_ = 0;
};

} // namespace

int main(int count, char** arguments) {
    wanted w;
    CLI::App app("The engine by itself at saturation; started by fleet_bench");
    app.add_option("--port", w.port)->required();
    app.add_option("--sessions", w.sessions)->check(CLI::PositiveNumber);
    app.add_option("--active", w.active);
    app.add_option("--in-flight", w.in_flight)->check(CLI::PositiveNumber);
    app.add_option("--seconds", w.seconds)->check(CLI::PositiveNumber);
    CLI11_PARSE(app, count, arguments);
    target::raise_open_file_limit();
    return fleet(w).run();
}
