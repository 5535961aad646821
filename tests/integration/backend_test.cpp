// Complete reference backend with a real broker, HTTP requests and an MQTT vehicle.
#include "../unit/backend/vehicle_messages.hpp"
#include "broker.hpp"
#include "fake_server.hpp"

#include <loadsim/backend/server.hpp>
#include <loadsim/target/mosquitto.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <mqtt/async_client.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loadsim;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using harness::broker;
using harness::free_port;
using harness::wait_until;

namespace {

constexpr std::string_view vin = "LZ9SMEV05TF000001";

net::endpoint any_port() { return {.scheme = "http", .host = "127.0.0.1", .port = 0, .path = {}}; }

/// Sends one request on its own connection; returns the whole response.
std::string send_raw(const net::endpoint& api, const std::string& bytes) {
    boost::asio::io_context io;
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::make_address(api.host), api.port});
    boost::asio::write(socket, boost::asio::buffer(bytes));
    std::string all;
    boost::system::error_code end;
    boost::asio::read(socket, boost::asio::dynamic_buffer(all), end);
    return all;
}

std::string post(const net::endpoint& api, std::string_view service = "horn") {
    return send_raw(api, "POST /vehicles/" + std::string(vin) + "/remote-services/" + std::string(service) +
                             " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

std::string request_id_in(const std::string& response) {
    const auto at = response.find("Location: /requests/");
    return at == std::string::npos ? std::string{} : response.substr(at + 20, 16);
}

/// MQTT client that acts as the vehicle and records events and responses. Sends ack and final for each command if enabled.
class vehicle_client {
public:
    explicit vehicle_client(const net::endpoint& broker)
        : client_("tcp://127.0.0.1:" + std::to_string(broker.port), "backend-test",
                  mqtt::create_options(MQTTVERSION_5)) {
        client_.set_message_callback([this](const mqtt::const_message_ptr& m) { on_message(*m); });
        client_.connect(mqtt::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
            ->wait_for(5s);
        client_.subscribe("v1/" + std::string(vin) + "/cmd/#", 1)->wait_for(5s);
        client_.subscribe("v1/+/evt", 1)->wait_for(5s);
        client_.subscribe(std::string(backend::response_filter()), 2)->wait_for(5s);
    }
    ~vehicle_client() {
        try {
            client_.disconnect(0)->wait_for(1s);
        } catch (const mqtt::exception&) {}
    }

    bool respond = true;

    std::optional<backend::event> wait_for_event(const std::string& id) {
        const auto find = [&]() -> const backend::event* {
            for (const auto& e : events_)
                if (e.id == id) return &e;
            return nullptr;
        };
        std::unique_lock lock(mutex_);
        if (!event_received_.wait_for(lock, 8s, [&] { return find() != nullptr; })) return std::nullopt;
        return *find();
    }
    std::size_t commands() {
        const std::lock_guard lock(mutex_);
        return commands_;
    }
    std::size_t response_count() {
        const std::lock_guard lock(mutex_);
        return response_count_;
    }
    /// QoS of the last command, and remaining seconds of its message expiry interval; 0: none.
    std::pair<int, int> last_command_properties() {
        const std::lock_guard lock(mutex_);
        return last_command_properties_;
    }
    void publish(const std::string& topic, const std::string& payload, bool retained = false) {
        client_.publish(topic, payload, 1, retained)->wait_for(5s);
    }

private:
    void on_message(const mqtt::message& m) {
        const auto& topic = m.get_topic();
        const auto payload = m.to_string();
        if (topic.find("/rsp/") != std::string::npos) {
            const std::lock_guard lock(mutex_);
            ++response_count_;
            return;
        }
        if (topic == backend::event_topic(vin)) {
            const std::lock_guard lock(mutex_);
            events_.push_back(backend::read_event(payload).value());
            event_received_.notify_all();
            return;
        }
        const auto command = backend::read_command(payload).value();
        {
            const std::lock_guard lock(mutex_);
            ++commands_;
            const auto& properties = m.get_properties();
            constexpr auto expiry = mqtt::property::MESSAGE_EXPIRY_INTERVAL;
            last_command_properties_ = {m.get_qos(),
                                        properties.contains(expiry) ? mqtt::get<int>(properties, expiry) : 0};
        }
        if (!respond) return;
        for (const auto at : {backend::response::phase_kind::ack, backend::response::phase_kind::final})
            client_.publish(backend::response_topic(vin, command.id),
                            backend::to_json(backend::response{.id = command.id, .phase = at, .code = {}}), 1, false);
    }

    std::mutex mutex_;
    std::condition_variable event_received_;
    std::vector<backend::event> events_;
    std::size_t commands_ = 0;
    std::size_t response_count_ = 0;
    std::pair<int, int> last_command_properties_;
    mqtt::async_client client_;
};

/// Publishes at QoS 1 faster than Paho: MQTT 3.1.1, CONNECT and PUBLISH in one write.
void publish_without_paho(std::uint16_t broker, const std::string& topic, const std::string& payload) {
    const auto size = 2 + topic.size() + 2 + payload.size();
    std::string bytes("\x10\x0f\0\x04MQTT\x04\x02\0\x3c\0\x03"
                      "car",
                      17);
    bytes += {'\x32', static_cast<char>(size % 128 | 128), static_cast<char>(size / 128), '\0',
              static_cast<char>(topic.size())};
    bytes += topic + std::string("\0\1", 2) + payload;
    boost::asio::io_context io;
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), broker});
    boost::asio::write(socket, boost::asio::buffer(bytes));
    std::string acks(8, ' '); // CONNACK and PUBACK
    boost::asio::read(socket, boost::asio::buffer(acks));
}

backend::options quick() {
    backend::options options;
    for (auto& s : options.services) s.limits = {.created = 1s, .pending = 300ms, .running = 1s};
    options.services.push_back({"patient", {}});
    return options;
}

} // namespace

TEST(reference_backend, takes_a_request_to_its_end) {
    broker mosquitto;
    auto server = backend::server::start(quick(), {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_client client(mosquitto.endpoint());

    const auto response = post(server->api());
    EXPECT_TRUE(response.starts_with("HTTP/1.1 202 ")) << response;
    const auto executed = client.wait_for_event(request_id_in(response));
    ASSERT_TRUE(executed);
    EXPECT_EQ(executed->state, "executed");
    EXPECT_EQ(executed->service, "horn");
    const auto shown =
        send_raw(server->api(), "GET /requests/" + request_id_in(response) + " HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_NE(shown.find(R"("state":"executed")"), std::string::npos) << shown;

    client.respond = false;
    const auto silent = post(server->api());
    const auto busy = post(server->api());
    EXPECT_TRUE(busy.starts_with("HTTP/1.1 409 ")) << busy;
    EXPECT_NE(busy.find("\"active\":\"" + request_id_in(silent) + '"'), std::string::npos) << busy;
    const auto timed_out = client.wait_for_event(request_id_in(silent));
    ASSERT_TRUE(timed_out);
    EXPECT_EQ(timed_out->state, "failed");
    EXPECT_EQ(timed_out->reason, "timeout");

    server->stop();
    const auto f = server->counts();
    EXPECT_EQ(f.requests.created, 2U);
    EXPECT_EQ(f.requests.executed, 1U);
    EXPECT_EQ(f.requests.timed_out, 1U);
    EXPECT_EQ(f.persistence.written, 7U) << "created, pending, running, executed; created, pending, failed";
    EXPECT_EQ(f.outbound.confirmed, 4U) << "two commands, two events, waited for by stop()";
    EXPECT_EQ(f.http.responses, 4U);
}

TEST(reference_backend, returns_requests_that_are_no_longer_remembered_and_the_history_of_a_vehicle) {
    const harness::temporary_folder folder;
    broker mosquitto;
    for (const auto& file : {std::string(), (folder.path() / "events.db").string()}) {
        auto options = quick();
        options.database = file;
        options.remembered = 1;
        auto server = backend::server::start(options, {mosquitto.endpoint()}, any_port());
        ASSERT_TRUE(server) << to_string(server.error());
        const auto get = [&](const std::string& target) {
            return send_raw(server->api(), "GET " + target + " HTTP/1.1\r\nConnection: close\r\n\r\n");
        };
        std::vector<std::string> ids; // newest first
        {
            vehicle_client client(mosquitto.endpoint());
            for (int i = 0; i < 3; ++i) {
                ids.insert(ids.begin(), request_id_in(post(server->api())));
                ASSERT_TRUE(client.wait_for_event(ids.front()));
            }
        }
        EXPECT_EQ(server->counts().requests.remembered, 1U);
        const auto forgotten = get("/requests/" + ids.back());
        EXPECT_TRUE(forgotten.starts_with("HTTP/1.1 200 ")) << forgotten;
        EXPECT_NE(forgotten.find(R"("state":"executed","reason":"","instants":{"created":)"), std::string::npos);
        EXPECT_TRUE(get("/requests/0123456700000001").starts_with("HTTP/1.1 404 "));

        const auto history = "/vehicles/" + std::string(vin) + "/requests";
        const auto first = get(history + "?limit=2");
        const auto next = history + "?limit=2&before=" + ids[1];
        EXPECT_LT(first.find(ids[0]), first.find(ids[1]));
        EXPECT_EQ(first.find(ids[2]), std::string::npos);
        EXPECT_NE(first.find(R"("next":")" + next + '"'), std::string::npos) << first;
        const auto second = get(next);
        EXPECT_NE(second.find(ids[2]), std::string::npos) << second;
        EXPECT_EQ(second.find("next"), std::string::npos);
        EXPECT_TRUE(get("/vehicles/1M8GDM9AXKP042788/requests").starts_with("HTTP/1.1 404 "));
        EXPECT_TRUE(get(history + "?limit=1000").starts_with("HTTP/1.1 400 "));

        // One connection: responses in order, the last one at once.
        const auto pipelined = send_raw(server->api(), "GET " + next + " HTTP/1.1\r\n\r\nGET /health HTTP/1.1\r\n" +
                                                           "Connection: close\r\n\r\n");
        EXPECT_LT(pipelined.find("\"requests\""), pipelined.find("\"broker\"")) << pipelined;
        EXPECT_NE(pipelined.find("\"broker\""), std::string::npos) << pipelined;
        server->stop();
        EXPECT_EQ(server->counts().http.open, 0U);
    }
}

TEST(reference_backend, survives_a_broker_restart_and_keeps_requests_made_meanwhile) {
    for (const int stop_signal : {SIGTERM, SIGKILL}) { // with and without a DISCONNECT of the broker
        broker mosquitto;
        auto server = backend::server::start(quick(), {mosquitto.endpoint()}, any_port());
        ASSERT_TRUE(server) << to_string(server.error());
        mosquitto.stop(stop_signal);
        ASSERT_TRUE(wait_until([&] { return !server->counts().broker_connected; }));
        const auto asked_meanwhile = post(server->api(), "patient");
        EXPECT_TRUE(asked_meanwhile.starts_with("HTTP/1.1 202 ")) << asked_meanwhile;

        mosquitto.start();
        vehicle_client client(mosquitto.endpoint());
        const auto kept = client.wait_for_event(request_id_in(asked_meanwhile));
        ASSERT_TRUE(kept) << "signal " << stop_signal;
        EXPECT_EQ(kept->state, "executed");
        const auto next = client.wait_for_event(request_id_in(post(server->api())));
        ASSERT_TRUE(next) << "signal " << stop_signal;
        EXPECT_EQ(next->state, "executed");
        EXPECT_EQ(client.commands(), 2U);
    }
}

TEST(reference_backend, survives_slow_and_malformed_clients) {
    broker mosquitto;
    auto server = backend::server::start(quick(), {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    EXPECT_TRUE(send_raw(server->api(), "\x16\x03\x01 hello").starts_with("HTTP/1.1 400 "));
    const std::string body(20'000, 'x'); // sent in full although rejected: the response must still arrive
    EXPECT_TRUE(send_raw(server->api(), "POST / HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + body)
                    .starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(wait_until([&] { return server->counts().http.open == 0; }));
    EXPECT_EQ(server->counts().http.malformed, 2U);

    boost::asio::io_context io;
    tcp::socket idle(io);
    idle.connect({boost::asio::ip::make_address(server->api().host), server->api().port});
    ASSERT_TRUE(wait_until([&] { return server->counts().http.open == 1; }));
    const auto start = std::chrono::steady_clock::now();
    server->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s) << "an idle connection does not hold it up";
    server->stop();
}

TEST(reference_backend, reports_all_startup_problems) {
    broker mosquitto;
    auto first = backend::server::start({}, {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(first) << to_string(first.error());
    auto taken = any_port();
    taken.port = first->api().port;
    const auto nobody = net::endpoint{.scheme = "mqtt", .host = "127.0.0.1", .port = free_port(), .path = {}};
    backend::options nowhere;
    nowhere.database = "/nowhere/at/all/events.db";

    const auto second = backend::server::start(nowhere, {nobody}, taken);
    ASSERT_FALSE(second);
    const auto& all = second.error().list;
    ASSERT_EQ(all.size(), 3U) << to_string(second.error());
    EXPECT_EQ(all[0].location, nowhere.database);
    EXPECT_EQ(all[1].location, "127.0.0.1:" + std::to_string(taken.port));
    EXPECT_NE(all[1].text.find("taken"), std::string::npos);
    EXPECT_EQ(all[2].location, net::to_string(nobody));
    EXPECT_NE(all[2].text.find("cannot connect"), std::string::npos) << all[2].text;
}

TEST(reference_backend, reports_that_the_broker_refuses_it) {
    broker strict("allow_anonymous false\n");
    const auto server = backend::server::start({}, {strict.endpoint()}, any_port());
    ASSERT_FALSE(server);
    ASSERT_EQ(server.error().list.size(), 1U);
    EXPECT_NE(server.error().list[0].text.find("refuses"), std::string::npos) << server.error().list[0].text;
}

TEST(reference_backend, sends_commands_with_configured_qos_and_expiry) {
    broker mosquitto;
    auto options = quick();
    options.command_qos = 2;
    auto server = backend::server::start(options, {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_client client(mosquitto.endpoint());
    ASSERT_TRUE(client.wait_for_event(request_id_in(post(server->api(), "patient"))));
    EXPECT_EQ(client.last_command_properties().first, 1) << "as the vehicle subscribes";
    EXPECT_GE(client.last_command_properties().second, 9);
    EXPECT_LE(client.last_command_properties().second, 10);
}

TEST(reference_backend, receives_responses_published_while_it_was_disconnected) {
    const harness::temporary_folder folder;
    auto broker = target::mosquitto::start(folder.path(), {.logins = {}, .persistent_sessions = true});
    ASSERT_TRUE(broker) << to_string(broker.error());
    auto server = backend::server::start(quick(), {broker->broker()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    bool shown = false;
    for (std::uint64_t tries = 1; !shown && tries < 5; ++tries) { // the backend may reconnect before the publish
        const auto id = request_id_in(post(server->api(), "patient"));
        broker->begin_termination();
        ASSERT_TRUE(wait_until([&] { return broker->continue_termination(); }));
        ASSERT_TRUE(wait_until([&] { return !server->counts().broker_connected; }));
        ASSERT_TRUE(broker->restart());
        publish_without_paho(broker->broker().port, backend::response_topic(vin, id),
                             backend::to_json(backend::response{
                                 .id = id, .phase = backend::response::phase_kind::final, .ok = true, .code = {}}));
        shown = !server->counts().broker_connected;
        EXPECT_TRUE(wait_until([&] { return server->counts().inbound.applied == tries; }));
        EXPECT_EQ(server->counts().requests.executed, tries);
    }
    EXPECT_TRUE(shown);
}

TEST(reference_backend, ignores_invalid_responses) {
    broker mosquitto;
    auto server = backend::server::start(quick(), {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_client client(mosquitto.endpoint());
    client.respond = false;
    const auto id = request_id_in(post(server->api(), "patient"));
    const auto topic = backend::response_topic(vin, id);
    backend::response response{.id = id, .phase = backend::response::phase_kind::final, .ok = true, .code = {}};
    client.publish(topic, "{");
    response.code = std::string(2'000'000, 'x');
    client.publish(topic, backend::to_json(response));
    response.code.clear();
    response.vin = "1M8GDM9AXKP042788";
    client.publish(topic, backend::to_json(response));
    ASSERT_TRUE(wait_until([&] { return server->counts().inbound.wrong_vehicle == 1; }));
    EXPECT_EQ(server->counts().inbound.malformed, 2U);
    EXPECT_EQ(server->counts().requests.active, 1U);
    response.vin = vin;
    client.publish(topic, backend::to_json(response));
    const auto end = client.wait_for_event(id);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->state, "executed");
}

TEST(reference_backend, ignores_the_echo_of_its_own_duplicates) {
    broker mosquitto;
    auto options = quick();
    options.faults = {{.what = backend::fault::kind::duplicate,
                       .applies_to = backend::fault::message::response,
                       .rule = {.every = 1, .probability = {}, .window = {}},
                       .delay = 0ns}};
    auto server = backend::server::start(options, {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_client client(mosquitto.endpoint());
    ASSERT_TRUE(client.wait_for_event(request_id_in(post(server->api()))));
    EXPECT_TRUE(wait_until([&] { return client.response_count() == 4; })) << "ack and final, each twice";
    server->stop();
    const auto f = server->counts();
    EXPECT_EQ(f.faults.of(backend::fault::kind::duplicate, backend::fault::message::response), 2U);
    EXPECT_EQ(f.inbound.applied, 2U);
    EXPECT_EQ(f.inbound.duplicate, 0U);
    EXPECT_EQ(client.response_count(), 4U);
}

TEST(reference_backend, wakes_sleeping_vehicles) {
    broker mosquitto;
    boost::asio::io_context io;
    udp::socket port(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    port.non_blocking(true);
    std::mutex mutex;
    std::vector<std::string> messages;
    harness::fake_server gateway([&](std::size_t, std::string& unread) -> harness::reaction {
        if (!unread.ends_with("}")) return {};
        const std::lock_guard lock(mutex);
        messages.push_back(std::exchange(unread, {}));
        const bool first = messages.size() == 1;
        return {.bytes = first ? "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
                               : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
                .close = true};
    });
    auto options = quick();
    options.wakeup = {.udp = "127.0.0.1:" + std::to_string(port.local_endpoint().port()),
                      .sms = "http://127.0.0.1:" + std::to_string(gateway.port()),
                      .repeat_interval = 200ms};
    vehicle_client client(mosquitto.endpoint());
    client.respond = false;
    const auto publish_asleep = [&](const char* bearer) {
        client.publish(backend::presence_topic(vin), R"({"state":"asleep","wake":")" + std::string(bearer) + R"("})",
                       true);
    };
    publish_asleep("udp"); // retained, before the backend starts
    auto server = backend::server::start(options, {mosquitto.endpoint()}, any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    ASSERT_TRUE(wait_until([&] { return server->counts().wakeup.asleep == 1; }));

    post(server->api(), "patient");
    std::string datagram(100, ' ');
    ASSERT_TRUE(wait_until([&] {
        boost::system::error_code error;
        datagram.resize(port.receive(boost::asio::buffer(datagram), 0, error));
        if (!error) return true;
        datagram.resize(100);
        return false;
    }));
    EXPECT_EQ(datagram, vin);
    publish_asleep("sms"); // wake-ups of the same request continue on the other bearer
    ASSERT_TRUE(wait_until([&] {
        const std::lock_guard lock(mutex);
        return messages.size() >= 2;
    }));
    EXPECT_TRUE(messages[0].starts_with("POST /sms HTTP/1.1\r\n")) << messages[0];
    EXPECT_TRUE(messages[0].ends_with("\r\n\r\n{\"to\":\"LZ9SMEV05TF000001\"}")) << messages[0];
    EXPECT_TRUE(wait_until([&] { return server->counts().wakeup.failed >= 1; })) << "503 is no yes";
    const auto wake = server->counts().wakeup;
    EXPECT_GE(wake.triggers, 3U);
    EXPECT_LE(wake.failed, wake.triggers - 2);
    server->stop();
}

TEST(reference_backend, reports_invalid_wakeup_addresses) {
    broker mosquitto;
    backend::options options;
    options.wakeup = {.udp = "nowhere", .sms = "ftp://127.0.0.1", .repeat_interval = 2s};
    const auto server = backend::server::start(options, {mosquitto.endpoint()}, any_port());
    ASSERT_FALSE(server);
    ASSERT_EQ(server.error().list.size(), 2U) << to_string(server.error());
    EXPECT_EQ(server.error().list[0].location, "nowhere");
    EXPECT_EQ(server.error().list[1].location, "ftp://127.0.0.1");
}
