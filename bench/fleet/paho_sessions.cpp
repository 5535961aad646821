// Fleet of Eclipse Paho MQTT C++ clients, one async client per session, the library's intended use. Reference for loadsim's own
// session; backs the decision to implement one with measurements.
#include "process_usage.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/target/preflight.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <mqtt/async_client.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace loadsim;
using namespace std::chrono_literals;

constexpr std::size_t payload_size = 64;
constexpr auto operation_timeout = 60s;

double own_cpu() { return bench::cpu_seconds(::getpid()); }
double own_memory() { return static_cast<double>(bench::resident_bytes(::getpid())); }

/// One session; keeps one message in flight after the first publish().
class session final : private mqtt::iaction_listener {
public:
    session(const std::string& broker, const std::string& vin, std::atomic<std::uint64_t>& done,
            const std::atomic<bool>& finished)
        : vin_(vin), topic_("v1/" + vin + "/bench"), done_(done), finished_(finished),
          client_(broker, vin, mqtt::create_options_builder().mqtt_version(MQTTVERSION_5).finalize()) {}

    mqtt::token_ptr connect() {
        return client_.connect(
            mqtt::connect_options_builder()
                .mqtt_version(MQTTVERSION_5)
                .clean_start(true)
                .keep_alive_interval(60s)
                .will(mqtt::message(backend::presence_topic(vin_), R"({"state":"offline"})", 1, true))
                .finalize());
    }
    mqtt::token_ptr subscribe() {
        client_.publish(backend::presence_topic(vin_), R"({"state":"online"})", 18, 0, true);
        return client_.subscribe("v1/" + vin_ + "/cmd/#", 1);
    }
    void publish() { client_.publish(mqtt::make_message(topic_, payload_, 1, false), nullptr, *this); }
    mqtt::token_ptr disconnect() { return client_.disconnect(); }

private:
    void on_success(const mqtt::token&) override {
        ++done_;
        if (!finished_) publish();
    }
    void on_failure(const mqtt::token&) override { fmt::print(stderr, "paho: a message was not acknowledged\n"); }

    std::string vin_, topic_;
    std::string payload_ = std::string(payload_size, 'x');
    std::atomic<std::uint64_t>& done_;
    const std::atomic<bool>& finished_;
    mqtt::async_client client_;
};

using sessions = std::vector<std::unique_ptr<session>>;

/// Starts an operation on each session, with at most `at_once` pending.
template <class What>
void for_each(sessions& all, std::size_t at_once, What operation) {
    std::vector<mqtt::token_ptr> pending;
    const auto await = [&](std::size_t i) {
        if (!pending[i]->wait_for(operation_timeout)) throw std::runtime_error("the broker does not answer a session");
        pending[i].reset();
    };
    for (auto& one : all) {
        if (pending.size() >= at_once) await(pending.size() - at_once);
        pending.push_back(operation(*one));
    }
    for (std::size_t i = pending.size() - std::min(pending.size(), at_once); i < pending.size(); ++i) await(i);
}

void run(std::uint16_t port, std::uint32_t session_count, std::size_t at_once, double seconds) {
    std::atomic<std::uint64_t> done{0};
    std::atomic<bool> finished{false};
    const auto broker = fmt::format("tcp://127.0.0.1:{}", port);
    const double memory_begin = own_memory();
    const double cpu_begin = own_cpu();
    const auto begin = std::chrono::steady_clock::now();
    sessions all;
    for (std::uint32_t i = 0; i < session_count; ++i)
        all.push_back(std::make_unique<session>(broker, vehicle::vin_of({}, vehicle_id{i}), done, finished));
    for_each(all, at_once, [](session& s) { return s.connect(); });
    for_each(all, at_once, [](session& s) { return s.subscribe(); });
    const double connect_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double cpu_connected = own_cpu();
    const double memory = own_memory();

    for (auto& s : all) s->publish();
    std::this_thread::sleep_for(1s);
    const auto done_before = done.load();
    const double cpu_before = own_cpu();
    const auto from = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    const auto trips = static_cast<double>(done - done_before);
    const double cpu = own_cpu() - cpu_before;
    finished = true;
    fmt::print("{{\"mode\":\"paho\",\"sessions\":{},\"connects_per_s\":{:.1f},\"cpu_per_connect_us\":{:.3f},"
               "\"bytes_per_session\":{:.1f},\"seconds\":{:.6f},\"round_trips\":{:.0f},\"round_trips_per_s\":{:.1f},"
               "\"cpu_per_round_trip_us\":{:.4f}}}\n",
               session_count, session_count / connect_s, (cpu_connected - cpu_begin) / session_count * 1e6,
               (memory - memory_begin) / session_count, took, trips, trips / took, cpu / trips * 1e6);
    std::fflush(stdout);
    ::_exit(0); // skips the destructors: Paho takes minutes to destroy thousands of clients
}

} // namespace

int main(int count, char** arguments) {
    std::uint16_t port = 0;
    std::uint32_t session_count = 100;
    std::size_t at_once = 100;
    double seconds = 5;
    CLI::App app("A fleet of Paho clients; started by fleet_bench");
    app.add_option("--port", port)->required();
    app.add_option("--sessions", session_count)->check(CLI::PositiveNumber);
    app.add_option("--in-flight", at_once)->check(CLI::PositiveNumber);
    app.add_option("--seconds", seconds)->check(CLI::PositiveNumber);
    CLI11_PARSE(app, count, arguments);
    target::raise_open_file_limit();
    try {
        run(port, session_count, at_once, seconds);
    } catch (const std::exception& error) { // mqtt::exception too
        fmt::print(stderr, "paho: {}\n", error.what());
        return 1;
    }
}
