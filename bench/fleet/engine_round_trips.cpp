// Closed-loop benchmark of loadsim's engine: one net::loop, one net::mqtt_link per session, one QoS 1 message in flight on each. A
// separate program, because no scenario expresses this workload. Same output format as the baseline client.
#include "engine_tls.hpp"
#include "process_usage.hpp"

#include <loadsim/backend/default_protocol.hpp>
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
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace {

using namespace loadsim;

struct run_options {
    std::uint16_t port = 0;
    std::uint32_t sessions = 1000;
    std::uint32_t active = 0; ///< 0: all
    std::uint32_t in_flight = 100;
    double seconds = 5;
    std::string tls; ///< folder of certificates; empty: plain TCP
};

constexpr std::chrono::seconds warm_up_time{1};
constexpr std::chrono::milliseconds drain_time{200};
constexpr std::size_t payload_size = 64;

double own_cpu() { return bench::cpu_seconds(::getpid()); }
double own_memory() { return static_cast<double>(bench::resident_bytes(::getpid())); }

class fleet final : private net::link_events, private net::timer {
public:
    explicit fleet(const run_options& w)
        : run_options_(w), broker_(boost::asio::ip::address_v4::loopback(), w.port), loop_(time_) {
        if (!w.tls.empty()) tls_.emplace(w.tls);
    }

    int run() {
        cpu_begin_ = own_cpu();
        memory_begin_ = own_memory();
        begin_ = time_.now();
        net::link_events& self = *this;
        for (std::uint32_t i = 0; i < run_options_.sessions; ++i) links_.emplace_back(loop_, options_, self, i);
        while (next_ < run_options_.sessions && next_ < run_options_.in_flight) links_[next_++].connect(broker_);
        loop_.run();
        return lost_ == 0 ? 0 : 1;
    }

private:
    std::string vin_of(const net::mqtt_link& link) const { return vehicle::vin_of(vin_, vehicle_id{link.tag()}); }

    std::error_code make_tls(net::mqtt_link& link, std::unique_ptr<net::tls_session>& out) override {
        if (tls_) out = tls_->make_session(vin_of(link));
        return {};
    }

    mqtt::identity identify(net::mqtt_link& link) override {
        name_ = vin_of(link);
        presence_ = backend::presence_topic(name_);
        return {.client_id = name_,
                .last_will = mqtt::will{.topic = presence_,
                                        .payload = R"({"state":"offline"})",
                                        .quality = mqtt::qos::at_least_once,
                                        .retain = true}};
    }

    void on_online(net::mqtt_link& link, const mqtt::server_limits&, const net::connect_times&) override {
        const auto filter = "v1/" + vin_of(link) + "/cmd/#";
        const mqtt::subscription commands{filter, mqtt::qos::at_least_once};
        (void)link.subscribe({&commands, 1});
        const auto topic = backend::presence_topic(vin_of(link));
        (void)link.publish(
            {.topic = topic, .payload = R"({"state":"online"})", .quality = mqtt::qos::at_most_once, .retain = true});
        if (next_ < run_options_.sessions) links_[next_++].connect(broker_);
    }

    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason>) override {
        if (++online_ != run_options_.sessions) return;
        connect_s_ = since(begin_);
        connect_cpu_s_ = own_cpu() - cpu_begin_ - credentials_cpu_s();
        memory_online_ = own_memory();
        const auto active =
            run_options_.active == 0 ? run_options_.sessions : std::min(run_options_.active, run_options_.sessions);
        for (std::uint32_t i = 0; i < active; ++i)
            publish(links_[i * (run_options_.sessions / active)]); // evenly spread over the fleet
        loop_.arm(*this, time_.now() + warm_up_time);
    }

    void publish(net::mqtt_link& link) {
        topic_ = "v1/";
        topic_ += vin_of(link);
        topic_ += "/bench"; // no subscriber
        if (link.publish({.topic = topic_, .payload = payload_, .quality = mqtt::qos::at_least_once}).error) ++lost_;
    }

    void on_published(net::mqtt_link& link, std::uint16_t, mqtt::reason) override {
        ++done_;
        if (phase_ != run_phase::draining) publish(link);
    }

    void on_message(net::mqtt_link&, const mqtt::message&) override {}

    void on_offline(net::mqtt_link&, std::error_code why, bool) override {
        fmt::print(stderr, "engine: {}\n", why.message());
        ++lost_;
        loop_.stop();
    }

    /// Ends the warm-up, the measurement, and the drain, in this order.
    void on_timer(monotonic_time now) override {
        switch (phase_) {
        case run_phase::warm_up:
            phase_ = run_phase::measured;
            measured_from_ = now;
            cpu_before_ = own_cpu();
            done_before_ = done_;
            loop_.arm(*this, now + std::chrono::duration_cast<nanoseconds>(
                                       std::chrono::duration<double>(run_options_.seconds)));
            return;
        case run_phase::measured:
            phase_ = run_phase::draining;
            print();
            loop_.arm(*this, now + drain_time);
            return;
        case run_phase::draining: return loop_.stop();
        }
    }

    double credentials_cpu_s() const { return tls_ ? tls_->credentials_cpu_s() : 0; }
    double since(monotonic_time t) const { return std::chrono::duration<double>(time_.now() - t).count(); }

    void print() const {
        const double took = since(measured_from_);
        const double cpu = own_cpu() - cpu_before_;
        const auto done = static_cast<double>(done_ - done_before_);
        fmt::print(
            "{{\"mode\":\"round-trips\",\"sessions\":{},\"connects_per_s\":{:.1f},\"connect_cpu_s\":{:.6f},"
            "\"cpu_per_connect_us\":{:.3f},\"credentials_cpu_us\":{:.3f},\"rss_online\":{:.0f},"
            "\"bytes_per_session\":{:.1f},\"seconds\":{:.6f},\"round_trips\":{:.0f},\"round_trips_per_s\":{:.1f},"
            "\"cpu_per_round_trip_us\":{:.4f},\"lost\":{}}}\n",
            run_options_.sessions, run_options_.sessions / connect_s_, connect_cpu_s_,
            connect_cpu_s_ / run_options_.sessions * 1e6, credentials_cpu_s() / run_options_.sessions * 1e6,
            memory_online_, (memory_online_ - memory_begin_) / run_options_.sessions, took, done, done / took,
            cpu / done * 1e6, lost_);
        std::fflush(stdout);
    }

    enum class run_phase : std::uint8_t { warm_up, measured, draining };

    run_options run_options_;
    boost::asio::ip::tcp::endpoint broker_;
    steady_time time_;
    net::loop loop_;
    mqtt::session_options options_;
    vehicle::vin_options vin_;
    std::optional<bench::engine_tls> tls_; // before the links, whose sessions use it
    std::deque<net::mqtt_link> links_;
    std::string name_, presence_, topic_;
    std::string payload_ = std::string(payload_size, 'x');
    std::uint32_t next_ = 0, online_ = 0, lost_ = 0;
    std::uint64_t done_ = 0, done_before_ = 0;
    run_phase phase_ = run_phase::warm_up;
    monotonic_time begin_{}, measured_from_{};
    double cpu_begin_ = 0, cpu_before_ = 0, connect_s_ = 0, connect_cpu_s_ = 0, memory_begin_ = 0, memory_online_ = 0;
};

} // namespace

int main(int count, char** arguments) {
    run_options w;
    CLI::App app("The engine by itself at saturation; started by fleet_bench");
    app.add_option("--port", w.port)->required();
    app.add_option("--sessions", w.sessions)->check(CLI::PositiveNumber);
    app.add_option("--active", w.active);
    app.add_option("--in-flight", w.in_flight)->check(CLI::PositiveNumber);
    app.add_option("--seconds", w.seconds)->check(CLI::PositiveNumber);
    app.add_option("--tls", w.tls);
    CLI11_PARSE(app, count, arguments);
    target::raise_open_file_limit();
    try {
        return fleet(w).run();
    } catch (const std::exception& error) {
        fmt::print(stderr, "engine: {}\n", error.what());
        return 1;
    }
}
