#include <loadsim/drive/mqtt_driver.hpp>

#include <loadsim/contract/payloads.hpp>
#include <loadsim/contract/topics.hpp>
#include <loadsim/net/error.hpp>
#include <loadsim/net/mqtt_link.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loadsim::drive {
namespace {

constexpr nanoseconds reconnect_after = std::chrono::seconds{1};
/// Of so many last requests it is known whose they were: a final word that comes twice is then told as what it is.
constexpr std::size_t remembered = 65'536;

class mqtt_driver final : public driver, private net::link_events {
public:
    mqtt_driver(net::loop& owner, driver_events& events, const mqtt_options& options, mqtt::version protocol,
                std::string name, std::string user, std::string password, boost::asio::ip::tcp::endpoint broker)
        : loop_(owner), events_(events), deadline_(options.deadline), name_(std::move(name)), user_(std::move(user)),
          password_(std::move(password)), broker_(std::move(broker)),
          response_topic_(protocol == mqtt::version::v5_0 ? fmt::format("loadsim/{}/rsp", name_) : std::string{}),
          session_options_{.protocol = protocol}, link_(owner, session_options_, *this, 0) {
        session_options_.queue_limit =
            65535; // commands wait for the broker's receive maximum, and that shows as latency
    }

    void start(std::function<void(std::string)> ready) override {
        ready_ = std::move(ready);
        link_.acknowledge_at_once();
        link_.connect(broker_);
    }

    void send(request_key key, std::string_view vin, std::string_view service) override {
        const auto number = ++sent_;
        const auto id = id_of(number);
        const auto topic = contract::command_topic(vin, service);
        const auto wall = std::chrono::system_clock::now().time_since_epoch();
        const auto payload = contract::to_json(contract::command{
            id, std::string(service), std::chrono::duration_cast<std::chrono::milliseconds>(wall).count()});
        mqtt::message command{.topic = topic, .payload = payload, .quality = mqtt::qos::at_least_once};
        if (!response_topic_.empty()) {
            command.response_topic = response_topic_;
            command.correlation_data = id;
        }
        const auto now = loop_.now();
        if (!link_.online()) return events_.on_errored(key, "mqtt: the driver's session is not connected", now);
        const auto published = link_.publish(command);
        if (published.error) return events_.on_errored(key, "mqtt: " + published.error.message(), now);
        events_.on_sent(key, now);
        vehicle_of_[number % remembered] = {number, key.vehicle};
        auto& request = open_.try_emplace(number, *this, number, key).first->second;
        loop_.arm(request, now + deadline_);
        by_packet_[published.packet_id] = number;
    }

    void stop() override {
        link_.close();
        open_.clear();
        by_packet_.clear();
    }

private:
    struct open_request final : net::timer {
        open_request(mqtt_driver& driver, std::uint64_t n, request_key k) : owner(driver), number(n), key(k) {}
        void on_timer(monotonic_time now) override { owner.overdue(*this, now); }

        mqtt_driver& owner;
        std::uint64_t number;
        request_key key;
        bool accepted = false;
    };

    std::string id_of(std::uint64_t number) const {
        std::array<char, 20> digits; // of the largest one
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        std::string id;
        id.reserve(name_.size() + 1 + digits.size());
        id += name_;
        id += '-';
        id.append(digits.data(), end);
        return id;
    }

    /// The number in an id of ours; 0 for anybody else's.
    std::uint64_t number_in(std::string_view id) const {
        if (id.size() <= name_.size() + 1 || !id.starts_with(name_) || id[name_.size()] != '-') return 0;
        std::uint64_t number{};
        const auto* end = id.data() + id.size();
        const auto read = std::from_chars(id.data() + name_.size() + 1, end, number);
        return read.ec == std::errc{} && read.ptr == end ? number : 0;
    }

    void accept(open_request& r, monotonic_time now) {
        if (std::exchange(r.accepted, true)) return;
        events_.on_accepted(r.key, id_of(r.number), now);
    }

    void overdue(const open_request& r, monotonic_time now) {
        const auto key = r.key;
        const auto id = id_of(r.number);
        const bool accepted = r.accepted;
        vehicle_of_[r.number % remembered] = {}; // given up: what its vehicle still says is no second end
        open_.erase(r.number);
        if (accepted)
            events_.on_ended(key.vehicle, id, outcome::timed_out, "no final word in time", now);
        else
            events_.on_errored(key, "mqtt: the broker did not acknowledge the command", now);
    }

    mqtt::identity identify(net::mqtt_link&) override {
        return {.client_id = name_, .user = user_, .password = password_};
    }

    void on_online(net::mqtt_link&, const mqtt::server_limits&, nanoseconds) override {
        by_packet_.clear(); // they were of the session before
        const mqtt::subscription mine{response_topic_.empty() ? contract::response_filter()
                                                              : std::string_view{response_topic_},
                                      mqtt::qos::at_least_once};
        link_.subscribe({&mine, 1});
    }

    void on_subscribed(net::mqtt_link&, std::span<const mqtt::reason> granted) override {
        if (!ready_) return;
        const bool refused = granted.empty() || static_cast<std::uint8_t>(granted[0]) >= 0x80;
        std::exchange(ready_,
                      nullptr)(refused ? "the broker refuses the driver's subscription to the vehicles' answers: " +
                                             (granted.empty() ? std::string("no reason") : mqtt::to_string(granted[0]))
                                       : std::string{});
    }

    void on_published(net::mqtt_link&, std::uint16_t packet_id, mqtt::reason why) override {
        const auto packet = by_packet_.find(packet_id);
        if (packet == by_packet_.end()) return;
        const auto request = open_.find(packet->second);
        by_packet_.erase(packet);
        if (request == open_.end()) return;
        if (static_cast<std::uint8_t>(why) < 0x80) return accept(request->second, loop_.now());
        const auto key = request->second.key;
        open_.erase(request);
        events_.on_errored(key, "mqtt: " + mqtt::to_string(why), loop_.now());
    }

    void on_message(net::mqtt_link&, const mqtt::message& m) override {
        const auto response = contract::read_response(m.payload);
        if (!response) return events_.on_malformed();
        if (response->at != contract::response::phase::final) return;
        const auto number = number_in(response->id);
        const auto& [known, vehicle] = vehicle_of_[number % remembered];
        if (number == 0 || known != number) return; // another driver's, or too old to say whose
        const auto now = loop_.now();
        if (const auto request = open_.find(number); request != open_.end()) {
            accept(request->second, now); // who answers has got it, whatever became of the acknowledgement
            open_.erase(request);
        }
        events_.on_ended(vehicle, response->id, response->ok ? outcome::executed : outcome::failed, response->code,
                         now);
    }

    void on_offline(net::mqtt_link&, std::error_code why, bool) override {
        // What the broker says is final; anything else may pass, and the set-up has its own limit.
        if (ready_ && why == mqtt::errc::connect_refused)
            return std::exchange(ready_, nullptr)("the driver's session cannot connect: " + why.message() + ": " +
                                                  mqtt::to_string(link_.session().last_reason()) +
                                                  "; check the broker and its access rules");
        link_.wait_until(loop_.now() + reconnect_after);
    }

    void on_waited(net::mqtt_link&) override { link_.connect(broker_); }

    net::loop& loop_;
    driver_events& events_;
    nanoseconds deadline_;
    std::string name_, user_, password_;
    boost::asio::ip::tcp::endpoint broker_;
    std::string response_topic_; ///< empty with 3.1.1
    mqtt::session_options session_options_;
    net::mqtt_link link_;
    std::function<void(std::string)> ready_;
    std::uint64_t sent_ = 0;
    std::unordered_map<std::uint64_t, open_request> open_;
    std::vector<std::pair<std::uint64_t, vehicle_id>> vehicle_of_{remembered}; ///< at number % remembered
    std::unordered_map<std::uint16_t, std::uint64_t> by_packet_;
};

} // namespace

std::unique_ptr<driver> make_mqtt_driver(net::loop& owner, driver_events& events, const mqtt_options& options,
                                         mqtt::version protocol, std::string name, std::string user,
                                         std::string password, const boost::asio::ip::tcp::endpoint& broker) {
    return std::make_unique<mqtt_driver>(owner, events, options, protocol, std::move(name), std::move(user),
                                         std::move(password), broker);
}

} // namespace loadsim::drive
