#include <loadsim/backend/kafka_bridge.hpp>

#include "bridge_core.hpp"

#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>
#include <loadsim/base/time.hpp>
#include <loadsim/contract/mqtt_message.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/net/call_on_loop.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/mqtt_client.hpp>
#include <loadsim/net/refusal.hpp>
#include <loadsim/net/server_list.hpp>

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::chrono::seconds bridge_start_timeout{10};
constexpr std::chrono::seconds bridge_finish_timeout{1};
// Of each message the QoS of its publisher applies: one that is sent once is forwarded once.
constexpr auto bridge_qos = mqtt::qos::exactly_once;
constexpr mqtt::session_options bridge_session_options{.keep_alive = std::chrono::seconds{30},
                                                       .clean_start = false,
                                                       .new_client_id = true,
                                                       .session_expiry = net::kept_session_expiry,
                                                       .maximum_packet_size = mqtt::remaining_length_max + 5,
                                                       .connect_timeout = std::chrono::seconds{5}};
constexpr net::session_keys bridge_keys{.credentials = "the user and the password"};

} // namespace

class kafka_bridge::impl : private net::timer {
public:
    impl(const bridge_options& options, kafka::producer&& producer, std::vector<bridged_stream> streams)
        : producer_(std::move(producer)),
          core_(options, std::move(streams), [this](const bridge_record& r) { produce(r); }) {
        for (const auto& r : options.rules) filters_.push_back({r.filter, bridge_qos});
    }
    ~impl() { stop(); }

    problems start(const std::vector<net::endpoint>& brokers) {
        const auto found = net::look_up(brokers, "broker");
        if (found.servers.at(loop_.now())->empty()) return found.unreachable;
        const auto& broker = brokers.front();
        client_.emplace(*this, net::mqtt_client::client_setup{
                                   .display_name = "the Kafka bridge",
                                   .client_id = fmt::format("loadsim-bridge-{:08x}", std::random_device{}()),
                                   .user = broker.user,
                                   .password = broker.password,
                                   .brokers = found.servers,
                                   .subscriptions = filters_,
                                   .limit = net::reconnect_policy::start_limit::one_round});
        bool started = false;
        std::optional<net::start_failure> failure;
        client_->connect([&](const std::optional<net::start_failure>& failed) {
            started = true;
            failure = failed;
        });
        if (!loop_.run_until([&] { return started; }, loop_.now() + nanoseconds{bridge_start_timeout}))
            return {net::to_string(broker), "the broker does not answer the Kafka bridge's subscription; see its log"};
        if (failure) return {net::to_string(broker), net::start_error(*failure, bridge_keys)};
        thread_ = std::thread([this] { run_despite_exhaustion("the Kafka bridge", [this] { loop_.run(); }); });
        return {};
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) return;
        net::call_on_loop(loop_.io(), [this] {
            client_->disconnect(mqtt::session::close_scope::session);
            core_.finish();
        });
        loop_.stop();
        thread_.join();
        client_.reset();
        producer_.flush(bridge_finish_timeout);
        write_counts_to_log();
    }

    bridge_counts counts() {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) return core_.counts();
        return net::call_on_loop(loop_.io(), [this] { return core_.counts(); });
    }
    kafka::producer_counts producer_counts() const { return producer_.counts(); }

private:
    class client final : public net::mqtt_client {
    public:
        client(impl& owner, client_setup s)
            : mqtt_client(owner.loop_, bridge_session_options, std::move(s)), owner_(owner) {}
        using mqtt_client::connect;
        using mqtt_client::disconnect;

    private:
        void on_message(net::mqtt_link&, const mqtt::message& m) override { owner_.receive(m); }
        impl& owner_;
    };

    void receive(const mqtt::message& m) {
        core_.receive(contract::message_view_of(m), static_cast<std::uint8_t>(m.quality), system_time_us() / 1'000,
                      loop_.now());
        if (const auto due = core_.next_due(); due != never) loop_.arm(*this, due);
    }
    void on_timer(monotonic_time now) override { core_.run(now); }
    void write_counts_to_log() const {
        const auto counts = core_.counts();
        std::string faults;
        for (std::size_t kind = 0; kind < counts.faults.size(); ++kind)
            if (counts.faults[kind] != 0)
                faults += fmt::format("{}{} {}", faults.empty() ? "" : ", ", enum_names<bridge_fault::kind>[kind],
                                      counts.faults[kind]);
        log_info(fmt::format("Kafka bridge: stopped after {} messages, {} of them unmatched, and {} records",
                             counts.received, counts.unmatched, counts.forwarded));
        if (!faults.empty()) log_info(fmt::format("Kafka bridge: injected faults: {}", faults));
        const auto produced = producer_.counts();
        if (produced.refused + produced.failed != 0)
            log_warning(fmt::format("Kafka bridge: {} records were not delivered", produced.refused + produced.failed));
    }
    void produce(const bridge_record& r) {
        producer_.produce({.topic = r.topic, .key = r.key, .value = r.value, .timestamp_ms = r.timestamp_ms});
    }

    steady_time time_;
    net::loop loop_{time_};
    kafka::producer producer_;
    bridge_core core_;
    std::vector<net::mqtt_client::topic_filter> filters_;
    std::optional<client> client_;
    std::mutex mutex_; // of stop() and counts()
    std::thread thread_;
};

kafka_bridge::kafka_bridge(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
kafka_bridge::kafka_bridge(kafka_bridge&&) noexcept = default;
kafka_bridge& kafka_bridge::operator=(kafka_bridge&&) noexcept = default;
kafka_bridge::~kafka_bridge() = default;

result<kafka_bridge> kafka_bridge::start(const bridge_options& options, const std::vector<net::endpoint>& brokers,
                                         const kafka::producer_options& target, std::vector<bridged_stream> streams) {
    if (auto wrong = check(options); !wrong.empty()) return wrong;
    auto producer = kafka::producer::start(target);
    if (!producer) return producer.error();
    auto made = std::make_unique<impl>(options, std::move(*producer), std::move(streams));
    if (auto wrong = made->start(brokers); !wrong.empty()) return wrong;
    return kafka_bridge(std::move(made));
}
bridge_counts kafka_bridge::counts() const { return impl_->counts(); }
kafka::producer_counts kafka_bridge::producer_counts() const { return impl_->producer_counts(); }
void kafka_bridge::stop() { impl_->stop(); }

} // namespace loadsim::backend
