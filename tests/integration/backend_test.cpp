// The reference backend whole: a real broker, a real app over HTTP, a real vehicle over MQTT.
#include "broker.hpp"
#include "fake_server.hpp"

#include <loadsim/backend/backend.hpp>
#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
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
using stage::broker;
using stage::free_port;
using stage::wait_until;

namespace {

constexpr std::string_view vin = "LZ9SMEV05TF000001";

net::endpoint any_port() { return {.scheme = "http", .host = "127.0.0.1", .port = 0, .path = {}}; }

/// One request on a connection of its own; the whole response.
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

std::string id_in(const std::string& response) {
    const auto at = response.find("Location: /requests/");
    return at == std::string::npos ? std::string{} : response.substr(at + 20, 16);
}

/// The vehicle, and whoever listens to events and words, in one MQTT client. Answers each command with ack and final if told to.
class vehicle_and_world {
public:
    explicit vehicle_and_world(const net::endpoint& broker)
        : client_("tcp://127.0.0.1:" + std::to_string(broker.port), "backend-test",
                  mqtt::create_options(MQTTVERSION_5)) {
        client_.set_message_callback([this](const mqtt::const_message_ptr& m) { hear(*m); });
        client_.connect(mqtt::connect_options_builder().mqtt_version(MQTTVERSION_5).clean_start(true).finalize())
            ->wait_for(5s);
        client_.subscribe(contract::command_filter(vin), 1)->wait_for(5s);
        client_.subscribe(std::string(contract::event_filter()), 1)->wait_for(5s);
        client_.subscribe(std::string(contract::response_filter()), 2)->wait_for(5s);
    }
    ~vehicle_and_world() {
        try {
            client_.disconnect(0)->wait_for(1s);
        } catch (const mqtt::exception&) {}
    }

    bool answers = true;

    std::optional<contract::event> event_of(const std::string& id) {
        const auto find = [&]() -> const contract::event* {
            for (const auto& e : events_)
                if (e.id == id) return &e;
            return nullptr;
        };
        std::unique_lock lock(mutex_);
        if (!heard_.wait_for(lock, 8s, [&] { return find() != nullptr; })) return std::nullopt;
        return *find();
    }
    std::size_t commands() {
        const std::lock_guard lock(mutex_);
        return commands_;
    }
    std::size_t words() {
        const std::lock_guard lock(mutex_);
        return words_;
    }
    /// Of the last command: QoS, and the seconds that were left of its expiry interval; 0: none.
    std::pair<int, int> manner() {
        const std::lock_guard lock(mutex_);
        return manner_;
    }
    void publish(const std::string& topic, const std::string& payload, bool retained = false) {
        client_.publish(topic, payload, 1, retained)->wait_for(5s);
    }

private:
    void hear(const mqtt::message& m) {
        const auto& topic = m.get_topic();
        const auto payload = m.to_string();
        if (topic.find("/rsp/") != std::string::npos) {
            const std::lock_guard lock(mutex_);
            ++words_;
            return;
        }
        if (topic == contract::event_topic(vin)) {
            const std::lock_guard lock(mutex_);
            events_.push_back(contract::read_event(payload).value());
            heard_.notify_all();
            return;
        }
        const auto command = contract::read_command(payload).value();
        {
            const std::lock_guard lock(mutex_);
            ++commands_;
            const auto& properties = m.get_properties();
            constexpr auto expiry = mqtt::property::MESSAGE_EXPIRY_INTERVAL;
            manner_ = {m.get_qos(), properties.contains(expiry) ? mqtt::get<int>(properties, expiry) : 0};
        }
        if (!answers) return;
        for (const auto at : {contract::response::phase::ack, contract::response::phase::final})
            client_.publish(contract::response_topic(vin, command.id),
                            contract::to_json(contract::response{.id = command.id, .at = at, .code = {}}), 1, false);
    }

    std::mutex mutex_;
    std::condition_variable heard_;
    std::vector<contract::event> events_;
    std::size_t commands_ = 0;
    std::size_t words_ = 0;
    std::pair<int, int> manner_;
    mqtt::async_client client_;
};

/// A QoS 1 message of a client that is quicker than Paho: MQTT 3.1.1, connect and publish in one piece.
void say_at_once(std::uint16_t broker, const std::string& topic, const std::string& payload) {
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
    std::string answers(8, ' '); // CONNACK and PUBACK
    boost::asio::read(socket, boost::asio::buffer(answers));
}

backend::options quick() {
    backend::options wanted;
    for (auto& s : wanted.services) s.limits = {.created = 1s, .pending = 300ms, .running = 1s};
    wanted.services.push_back({"patient", {}});
    return wanted;
}

} // namespace

TEST(reference_backend, takes_a_request_to_its_end) {
    broker mosquitto;
    auto server = backend::server::start(quick(), mosquitto.endpoint(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_and_world world(mosquitto.endpoint());

    const auto response = post(server->api());
    EXPECT_TRUE(response.starts_with("HTTP/1.1 202 ")) << response;
    const auto executed = world.event_of(id_in(response));
    ASSERT_TRUE(executed);
    EXPECT_EQ(executed->state, "executed");
    EXPECT_EQ(executed->service, "horn");
    const auto shown =
        send_raw(server->api(), "GET /requests/" + id_in(response) + " HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_NE(shown.find(R"("state":"executed")"), std::string::npos) << shown;

    world.answers = false;
    const auto silent = post(server->api());
    const auto busy = post(server->api());
    EXPECT_TRUE(busy.starts_with("HTTP/1.1 409 ")) << busy;
    EXPECT_NE(busy.find("\"active\":\"" + id_in(silent) + '"'), std::string::npos) << busy;
    const auto timed_out = world.event_of(id_in(silent));
    ASSERT_TRUE(timed_out);
    EXPECT_EQ(timed_out->state, "failed");
    EXPECT_EQ(timed_out->reason, "timeout");

    server->stop();
    const auto f = server->counted();
    EXPECT_EQ(f.requests.created, 2U);
    EXPECT_EQ(f.requests.executed, 1U);
    EXPECT_EQ(f.requests.timed_out, 1U);
    EXPECT_EQ(f.persistence.written, 7U) << "created, pending, running, executed; created, pending, failed";
    EXPECT_EQ(f.outbound.confirmed, 4U) << "two commands, two events, waited for by stop()";
    EXPECT_EQ(f.http.answered, 4U);
}

TEST(reference_backend, survives_its_brokers_restart_and_keeps_what_was_asked_meanwhile) {
    for (const int how : {SIGTERM, SIGKILL}) { // with a good-bye and without
        broker mosquitto;
        auto server = backend::server::start(quick(), mosquitto.endpoint(), any_port());
        ASSERT_TRUE(server) << to_string(server.error());
        mosquitto.stop(how);
        ASSERT_TRUE(wait_until([&] { return !server->counted().broker_connected; }));
        const auto asked_meanwhile = post(server->api(), "patient");
        EXPECT_TRUE(asked_meanwhile.starts_with("HTTP/1.1 202 ")) << asked_meanwhile;

        mosquitto.start();
        vehicle_and_world world(mosquitto.endpoint());
        const auto kept = world.event_of(id_in(asked_meanwhile));
        ASSERT_TRUE(kept) << "signal " << how;
        EXPECT_EQ(kept->state, "executed");
        const auto next = world.event_of(id_in(post(server->api())));
        ASSERT_TRUE(next) << "signal " << how;
        EXPECT_EQ(next->state, "executed");
        EXPECT_EQ(world.commands(), 2U);
    }
}

TEST(reference_backend, lets_a_slow_or_lying_client_do_no_harm) {
    broker mosquitto;
    auto server = backend::server::start(quick(), mosquitto.endpoint(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    EXPECT_TRUE(send_raw(server->api(), "\x16\x03\x01 hello").starts_with("HTTP/1.1 400 "));
    const std::string body(20'000, 'x'); // sent in full although refused: the response must survive it
    EXPECT_TRUE(send_raw(server->api(), "POST / HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + body)
                    .starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(wait_until([&] { return server->counted().http.open == 0; }));
    EXPECT_EQ(server->counted().http.malformed, 2U);

    boost::asio::io_context io;
    tcp::socket idle(io);
    idle.connect({boost::asio::ip::make_address(server->api().host), server->api().port});
    ASSERT_TRUE(wait_until([&] { return server->counted().http.open == 1; }));
    const auto begun = std::chrono::steady_clock::now();
    server->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s) << "an idle connection does not hold it up";
    server->stop();
}

TEST(reference_backend, says_all_that_keeps_it_from_starting) {
    broker mosquitto;
    auto first = backend::server::start({}, mosquitto.endpoint(), any_port());
    ASSERT_TRUE(first) << to_string(first.error());
    auto taken = any_port();
    taken.port = first->api().port;
    const auto nobody = net::endpoint{.scheme = "mqtt", .host = "127.0.0.1", .port = free_port(), .path = {}};
    backend::options nowhere;
    nowhere.database = "/nowhere/at/all/events.db";

    const auto second = backend::server::start(nowhere, nobody, taken);
    ASSERT_FALSE(second);
    const auto& all = second.error().list;
    ASSERT_EQ(all.size(), 3U) << to_string(second.error());
    EXPECT_EQ(all[0].place, nowhere.database);
    EXPECT_EQ(all[1].place, "127.0.0.1:" + std::to_string(taken.port));
    EXPECT_NE(all[1].text.find("taken"), std::string::npos);
    EXPECT_EQ(all[2].place, net::to_string(nobody));
    EXPECT_NE(all[2].text.find("cannot be reached"), std::string::npos) << all[2].text;
}

TEST(reference_backend, says_that_the_broker_refuses_it) {
    broker strict("allow_anonymous false\n");
    const auto server = backend::server::start({}, strict.endpoint(), any_port());
    ASSERT_FALSE(server);
    ASSERT_EQ(server.error().list.size(), 1U);
    EXPECT_NE(server.error().list[0].text.find("refuses"), std::string::npos) << server.error().list[0].text;
}

TEST(reference_backend, sends_commands_as_it_is_told_and_no_longer_than_they_are_wanted) {
    broker mosquitto;
    auto wanted = quick();
    wanted.command_qos = 2;
    auto server = backend::server::start(wanted, mosquitto.endpoint(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_and_world world(mosquitto.endpoint());
    ASSERT_TRUE(world.event_of(id_in(post(server->api(), "patient"))));
    EXPECT_EQ(world.manner().first, 1) << "as the vehicle subscribes";
    EXPECT_GE(world.manner().second, 9);
    EXPECT_LE(world.manner().second, 10);
}

TEST(reference_backend, hears_what_was_said_before_it_was_back_at_its_broker) {
    const stage::scratch folder;
    auto broker = target::mosquitto::start(folder.path(), {.logins = {}, .keeps_sessions = true});
    ASSERT_TRUE(broker) << to_string(broker.error());
    auto server = backend::server::start(quick(), broker->broker(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    bool shown = false;
    for (std::uint64_t tries = 1; !shown && tries < 5; ++tries) { // it may be back as quickly as we
        const auto id = id_in(post(server->api(), "patient"));
        broker->take_down();
        ASSERT_TRUE(wait_until([&] { return !server->counted().broker_connected; }));
        ASSERT_TRUE(broker->bring_back());
        say_at_once(broker->broker().port, contract::response_topic(vin, id),
                    contract::to_json(
                        contract::response{.id = id, .at = contract::response::phase::final, .ok = true, .code = {}}));
        shown = !server->counted().broker_connected;
        EXPECT_TRUE(wait_until([&] { return server->counted().inbound.applied == tries; }));
        EXPECT_EQ(server->counted().requests.executed, tries);
    }
    EXPECT_TRUE(shown);
}

TEST(reference_backend, is_not_moved_by_words_that_are_none) {
    broker mosquitto;
    auto server = backend::server::start(quick(), mosquitto.endpoint(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_and_world world(mosquitto.endpoint());
    world.answers = false;
    const auto id = id_in(post(server->api(), "patient"));
    const auto topic = contract::response_topic(vin, id);
    contract::response word{.id = id, .at = contract::response::phase::final, .ok = true, .code = {}};
    world.publish(topic, "{");
    word.code = std::string(2'000'000, 'x');
    world.publish(topic, contract::to_json(word));
    word.code.clear();
    word.vin = "1M8GDM9AXKP042788";
    world.publish(topic, contract::to_json(word));
    ASSERT_TRUE(wait_until([&] { return server->counted().inbound.wrong_vehicle == 1; }));
    EXPECT_EQ(server->counted().inbound.malformed, 2U);
    EXPECT_EQ(server->counted().requests.active, 1U);
    word.vin = vin;
    world.publish(topic, contract::to_json(word));
    const auto end = world.event_of(id);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->state, "executed");
}

TEST(reference_backend, does_not_take_its_own_repetition_for_a_word) {
    broker mosquitto;
    auto wanted = quick();
    wanted.faults = {{.what = backend::fault::kind::duplicate,
                      .of = backend::fault::message::word,
                      .every = 1,
                      .probability = {},
                      .by = 0ns}};
    auto server = backend::server::start(wanted, mosquitto.endpoint(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    vehicle_and_world world(mosquitto.endpoint());
    ASSERT_TRUE(world.event_of(id_in(post(server->api()))));
    EXPECT_TRUE(wait_until([&] { return world.words() == 4; })) << "ack and final, each twice";
    server->stop();
    const auto f = server->counted();
    EXPECT_EQ(f.faults.of(backend::fault::kind::duplicate, backend::fault::message::word), 2U);
    EXPECT_EQ(f.inbound.applied, 2U);
    EXPECT_EQ(f.inbound.duplicate, 0U);
    EXPECT_EQ(world.words(), 4U);
}

TEST(reference_backend, wakes_vehicles_that_sleep) {
    broker mosquitto;
    boost::asio::io_context io;
    udp::socket port(io, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    port.non_blocking(true);
    std::mutex mutex;
    std::vector<std::string> messages;
    stage::fake_server gateway([&](std::size_t, std::string& unread) -> stage::reaction {
        if (!unread.ends_with("}")) return {};
        const std::lock_guard lock(mutex);
        messages.push_back(std::exchange(unread, {}));
        const bool first = messages.size() == 1;
        return {.bytes = first ? "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
                               : "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
                .close = true};
    });
    auto wanted = quick();
    wanted.wake = {.udp = "127.0.0.1:" + std::to_string(port.local_endpoint().port()),
                   .sms = "http://127.0.0.1:" + std::to_string(gateway.port()),
                   .again = 200ms};
    vehicle_and_world world(mosquitto.endpoint());
    world.answers = false;
    const auto sleeps = [&](const char* by) {
        world.publish(contract::presence_topic(vin), contract::to_json(contract::presence{"asleep", by}), true);
    };
    sleeps("udp"); // before the platform is there: it is retained
    auto server = backend::server::start(wanted, mosquitto.endpoint(), any_port());
    ASSERT_TRUE(server) << to_string(server.error());
    ASSERT_TRUE(wait_until([&] { return server->counted().wake.asleep == 1; }));

    post(server->api(), "patient");
    std::string datagram(100, ' ');
    ASSERT_TRUE(wait_until([&] {
        boost::system::error_code nothing;
        datagram.resize(port.receive(boost::asio::buffer(datagram), 0, nothing));
        if (!nothing) return true;
        datagram.resize(100);
        return false;
    }));
    EXPECT_EQ(datagram, vin);
    sleeps("sms"); // the same request goes on calling, by the other bearer
    ASSERT_TRUE(wait_until([&] {
        const std::lock_guard lock(mutex);
        return messages.size() >= 2;
    }));
    EXPECT_TRUE(messages[0].starts_with("POST /sms HTTP/1.1\r\n")) << messages[0];
    EXPECT_TRUE(messages[0].ends_with("\r\n\r\n{\"to\":\"LZ9SMEV05TF000001\"}")) << messages[0];
    EXPECT_TRUE(wait_until([&] { return server->counted().wake.failed >= 1; })) << "503 is no yes";
    const auto wake = server->counted().wake;
    EXPECT_GE(wake.triggers, 3U);
    EXPECT_LE(wake.failed, wake.triggers - 2);
    server->stop();
}

TEST(reference_backend, says_that_it_cannot_wake_anybody_there) {
    broker mosquitto;
    backend::options wanted;
    wanted.wake = {.udp = "nowhere", .sms = "ftp://127.0.0.1", .again = 2s};
    const auto server = backend::server::start(wanted, mosquitto.endpoint(), any_port());
    ASSERT_FALSE(server);
    ASSERT_EQ(server.error().list.size(), 2U) << to_string(server.error());
    EXPECT_EQ(server.error().list[0].place, "nowhere");
    EXPECT_EQ(server.error().list[1].place, "ftp://127.0.0.1");
}
