#include <loadsim/backend/server.hpp>
#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/log.hpp>

#include "broker_api_adapter.hpp"
#include "http_api.hpp"
#include "mqtt_adapter.hpp"
#include "service_core.hpp"
#include "sqlite_store.hpp"
#include "wakeup_sender.hpp"

#include <loadsim/http/server.hpp>
#include <loadsim/net/call_on_loop.hpp>
#include <loadsim/net/loop.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace loadsim::backend {

namespace asio = boost::asio;
using std::chrono::system_clock;

namespace {

constexpr std::chrono::seconds finish_timeout{1};

std::int64_t epoch_ms_now() {
    return std::chrono::floor<std::chrono::milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

/// Connects the core and its adapters: the core runs on `thread_` only.
class server::impl {
public:
    explicit impl(const options& o)
        : options_(o), prefix_(std::random_device{}()),
          http_(
              io_, {}, [this](const http::request_view& http_request) { return handle_request(*core_, http_request); },
              [this] { run_core(); }) {}

    ~impl() { stop(); }

    problems start(const std::vector<net::endpoint>& brokers, const net::endpoint& listen) {
        problems wrong;
        const auto add_problems = [&wrong](const problems& more) {
            wrong.list.insert(wrong.list.end(), more.list.begin(), more.list.end());
        };
        // Runs the loop: before the API is open, whose requests need the core.
        const auto connected = connect_vehicles(brokers);
        auto events = sqlite_events::open(options_.database);
        if (!events) add_problems(events.error());
        const auto port = http_.open(listen);
        if (!port) add_problems(port.error());
        add_problems(wakeup_sender_.open(options_.wakeup));
        add_problems(connected);
        if (!wrong.empty()) return wrong;

        api_ = {.scheme = "http", .host = listen.host.empty() ? "127.0.0.1" : listen.host, .port = *port, .path = {}};
        store_.emplace(std::move(*events), options_.time_to_live, epoch_ms_now,
                       [this](std::function<void()> f) { asio::post(io_, std::move(f)); });
        const auto wake = [this](std::string_view vin, std::string_view bearer) { wakeup_sender_.send(vin, bearer); };
        broker_port& vehicles = mqtt_ ? static_cast<broker_port&>(*mqtt_) : *broker_api_;
        const auto unconfirmed = mqtt_ ? outbox::limits{}.unconfirmed : broker_api_adapter::unconfirmed;
        core_.emplace(options_, time_,
                      service_core::startup{.ms_since_epoch = epoch_ms_now(),
                                            .id_prefix = prefix_,
                                            .limits = {.unconfirmed = unconfirmed},
                                            .send_trigger = wake},
                      vehicles, &*store_);
        if (mqtt_) mqtt_->start([this](broker_input input) { on_broker_input(std::move(input)); });
        schedule_warnings();
        thread_ = std::thread([this] { run_despite_exhaustion("the reference backend", [this] { loop_.run(); }); });
        log_info(fmt::format("backend: requests at {}, {}", net::to_string(api_),
                             mqtt_ ? "broker " + net::to_string(brokers.front())
                                   : "broker's API " + options_.broker_api.url));
        return wrong;
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) return;
        net::call_on_loop(io_, [this] { http_.close(); });
        const auto deadline = std::chrono::steady_clock::now() + finish_timeout;
        while (busy(net::call_on_loop(io_, [this] { return collect_counts(); })) &&
               std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        net::call_on_loop(io_, [this] {
            core_->flush();
            if (broker_api_) broker_api_->stop();
        });
        loop_.stop();
        thread_.join();
        mqtt_.reset();
        store_->finish();
        final_counts_ = collect_counts();
        const auto& all = final_counts_.requests;
        log_info(fmt::format("backend: stopped after {} requests: {} executed, {} failed, {} still active", all.created,
                             all.executed, all.failed, all.active));
        if (const auto faults = to_string(final_counts_.faults); !faults.empty())
            log_info(fmt::format("backend: injected faults: {}", faults));
    }

    backend_counts counts() {
        const std::lock_guard lock(mutex_);
        return thread_.joinable() ? net::call_on_loop(io_, [this] { return collect_counts(); }) : final_counts_;
    }

    const net::endpoint& api() const { return api_; }

private:
    problems connect_vehicles(const std::vector<net::endpoint>& brokers) {
        if (!options_.broker_api.url.empty()) {
            auto api = broker_api_adapter::make(loop_, options_.broker_api,
                                                [this](broker_input input) { on_broker_input(std::move(input)); });
            if (!api) return api.error();
            broker_api_ = std::move(*api);
            return {};
        }
        const bool wakes = !options_.wakeup.udp.empty() || !options_.wakeup.sms.empty();
        auto mqtt = mqtt_adapter::connect(loop_, brokers, fmt::format("loadsim-backend-{:08x}", prefix_), wakes);
        if (!mqtt) return mqtt.error();
        mqtt_ = std::move(*mqtt);
        return {};
    }

    static bool busy(const backend_counts& f) {
        const bool sending = f.broker_connected && f.outbound.waiting + f.outbound.unconfirmed != 0;
        return f.http.open != 0 || sending;
    }

    void run_core() {
        core_->run();
        const auto due = core_->next_due();
        if (due >= timer_due_) return;
        timer_due_ = due;
        timer_.expires_at(due);
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            timer_due_ = never;
            run_core();
        });
    }

    void on_broker_input(broker_input input) {
        std::visit([this](auto& one) { apply(one); }, input);
        run_core();
    }

    void apply(const broker_connected&) {
        if (lost_once_)
            log_info(
                fmt::format("backend: the broker is back, {} messages wait for it", core_->out().counts().waiting));
        core_->out().on_connected();
    }
    void apply(const broker_lost& lost) {
        if (!core_->out().is_connected()) return; // reported twice: DISCONNECT, then the closed socket
        lost_once_ = true;
        log_warning(fmt::format("backend: the broker is lost ({}); reconnecting",
                                lost.reason.empty() ? "connection closed" : lost.reason));
        core_->out().on_connection_lost();
    }
    void apply(const vehicle_message& message) { core_->receive(message.topic, message.payload); }
    void apply(const publish_confirmed& done) { core_->out().on_confirmed(done.id); }
    void apply(const publish_refused& refused) { core_->out().on_refused(refused.id); }

    // At most one line per second and kind, regardless of the number of malformed messages.
    void schedule_warnings() {
        warning_timer_.expires_after(std::chrono::seconds{1});
        warning_timer_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            const auto now = collect_counts();
            const auto warn_of = [](std::uint64_t before, std::uint64_t after, std::string_view what) {
                if (after > before) log_warning(fmt::format("backend: {} {}", after - before, what));
            };
            warn_of(last_warned_.inbound.malformed, now.inbound.malformed, "malformed messages from vehicles");
            warn_of(last_warned_.inbound.wrong_vehicle, now.inbound.wrong_vehicle, "responses from the wrong vehicle");
            warn_of(last_warned_.http.malformed, now.http.malformed, "malformed HTTP requests");
            warn_of(last_warned_.outbound.dropped, now.outbound.dropped,
                    "messages dropped: too many wait for the broker");
            warn_of(last_warned_.outbound.refused, now.outbound.refused, "messages refused by the broker");
            if (broker_api_)
                warn_of(last_warned_.outbound.sent_again, now.outbound.sent_again,
                        fmt::format("messages posted again ({})", broker_api_->last_error()));
            warn_of(last_warned_.persistence.lost, now.persistence.lost,
                    "events that could not be written to the database");
            warn_of(last_warned_.wakeup.malformed, now.wakeup.malformed,
                    "messages on presence topics that hold no state");
            warn_of(last_warned_.wakeup.failed, now.wakeup.failed, "triggers that could not be sent");
            last_warned_ = now;
            schedule_warnings();
        });
    }

    backend_counts collect_counts() const {
        auto all = core_->counts();
        all.http = http_.counts();
        all.persistence.written = store_->written();
        all.persistence.lost = store_->lost();
        all.wakeup.failed = wakeup_sender_.failed();
        if (broker_api_) all.outbound.sent_again += broker_api_->retries();
        return all;
    }

    const options options_;
    steady_time time_;
    const std::uint32_t prefix_;
    net::endpoint api_;
    net::loop loop_{time_};
    asio::io_context& io_ = loop_.io();
    asio::steady_timer timer_{io_};
    asio::steady_timer warning_timer_{io_};
    std::unique_ptr<mqtt_adapter> mqtt_; // exactly one of mqtt_ and broker_api_ is set
    std::unique_ptr<broker_api_adapter> broker_api_;
    wakeup_sender wakeup_sender_{loop_};
    std::optional<store_writer> store_;
    std::optional<service_core> core_;
    http::server http_;
    monotonic_time timer_due_ = never;
    bool lost_once_ = false;
    backend_counts last_warned_; // as of the last warning
    std::mutex mutex_;           // serialises counts() and stop()
    backend_counts final_counts_;
    std::thread thread_;
};

result<server> server::start(const options& o, const std::vector<net::endpoint>& brokers, const net::endpoint& listen) {
    auto fresh = std::make_unique<impl>(o);
    if (auto wrong = fresh->start(brokers, listen); !wrong.empty()) return wrong;
    return server(std::move(fresh));
}

server::server(std::unique_ptr<impl> started) : impl_(std::move(started)) {}
server::server(server&&) noexcept = default;
server& server::operator=(server&&) noexcept = default;
server::~server() = default;

net::endpoint server::api() const { return impl_->api(); }
backend_counts server::counts() const { return impl_->counts(); }
void server::stop() { impl_->stop(); }

} // namespace loadsim::backend
