#include <loadsim/backend/backend.hpp>

#include "broker_api_edge.hpp"
#include "http_api.hpp"
#include "mqtt_edge.hpp"
#include "platform.hpp"
#include "sqlite_events.hpp"
#include "store_writer.hpp"
#include "wake_edge.hpp"

#include <loadsim/http/server.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/net/on_thread.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <utility>

namespace loadsim::backend {

namespace asio = boost::asio;
using std::chrono::system_clock;

namespace {

constexpr std::chrono::seconds finish_within{1};

std::int64_t date_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

/// Joins the core and its edges: everything of the core runs on `thread_`.
class server::running {
public:
    explicit running(const options& o)
        : options_(o), prefix_(std::random_device{}()),
          http_(
              io_, {}, [this](const http::incoming& asked) { return answer(*platform_, asked); }, [this] { work(); }) {}

    ~running() { stop(); }

    problems start(const net::endpoint& broker, const net::endpoint& listen) {
        problems wrong;
        const auto take = [&wrong](const problems& more) {
            wrong.list.insert(wrong.list.end(), more.list.begin(), more.list.end());
        };
        auto events = sqlite_events::open(options_.database);
        if (!events) take(events.error());
        const auto port = http_.open(listen);
        if (!port) take(port.error());
        take(wake_.open(options_.wake));
        take(reach_vehicles(broker));
        if (!wrong.empty()) return wrong;

        api_ = {.scheme = "http", .host = listen.host.empty() ? "127.0.0.1" : listen.host, .port = *port, .path = {}};
        store_.emplace(std::move(*events), options_.time_to_live, date_ms);
        const auto wake = [this](std::string_view vin, std::string_view bearer) { wake_.send(vin, bearer); };
        broker_port& vehicles = mqtt_ ? static_cast<broker_port&>(*mqtt_) : *broker_api_;
        const auto unconfirmed = mqtt_ ? outbox::limits{}.unconfirmed : broker_api_edge::unconfirmed;
        platform_.emplace(options_, time_,
                          platform::start{.ms_since_epoch = date_ms(),
                                          .id_prefix = prefix_,
                                          .limits = {.unconfirmed = unconfirmed},
                                          .wake = wake},
                          vehicles, &*store_);
        watch();
        thread_ = std::thread([this] { loop_.run(); });
        spdlog::info("backend: requests at {}, {}", net::to_string(api_),
                     mqtt_ ? "broker " + net::to_string(broker) : "broker's API " + options_.broker_api.url);
        return wrong;
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        if (!thread_.joinable()) return;
        net::on_thread(io_, [this] { http_.close(); });
        const auto give_up = std::chrono::steady_clock::now() + finish_within;
        while (busy(net::on_thread(io_, [this] { return counted_here(); })) &&
               std::chrono::steady_clock::now() < give_up)
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        net::on_thread(io_, [this] {
            platform_->flush();
            if (broker_api_) broker_api_->stop();
        });
        loop_.stop();
        thread_.join();
        mqtt_.reset();
        store_->finish();
        last_ = counted_here();
        const auto& all = last_.requests;
        spdlog::info("backend: stopped after {} requests: {} executed, {} failed, {} still active", all.created,
                     all.executed, all.failed, all.active);
        if (const auto faults = to_string(last_.faults); !faults.empty())
            spdlog::info("backend: faults on purpose: {}", faults);
    }

    figures counted() {
        const std::lock_guard lock(mutex_);
        return thread_.joinable() ? net::on_thread(io_, [this] { return counted_here(); }) : last_;
    }

    const net::endpoint& api() const { return api_; }

private:
    problems reach_vehicles(const net::endpoint& broker) {
        if (!options_.broker_api.url.empty()) {
            auto api = broker_api_edge::make(loop_, options_.broker_api, [this](broker_input input) {
                std::visit([this](auto& one) { apply(one); }, input);
                work();
            });
            if (!api) return api.error();
            broker_api_ = std::move(*api);
            return {};
        }
        const bool wakes = !options_.wake.udp.empty() || !options_.wake.sms.empty();
        auto mqtt = mqtt_edge::connect(broker, fmt::format("loadsim-backend-{:08x}", prefix_), wakes,
                                       [this] { asio::post(io_, [this] { take_broker_input(); }); });
        if (!mqtt) return mqtt.error();
        mqtt_ = std::move(*mqtt);
        return {};
    }

    static bool busy(const figures& f) {
        const bool sending = f.broker_connected && f.outbound.waiting + f.outbound.unconfirmed != 0;
        return f.http.open != 0 || sending;
    }

    void work() {
        platform_->run();
        const auto due = platform_->next_due();
        if (due >= armed_for_) return;
        armed_for_ = due;
        timer_.expires_at(due);
        timer_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            armed_for_ = never;
            work();
        });
    }

    void take_broker_input() {
        for (auto& input : mqtt_->take()) std::visit([this](auto& one) { apply(one); }, input);
        work();
    }

    void apply(const broker_connected&) {
        if (lost_once_)
            spdlog::info("backend: the broker is back, {} messages wait for it", platform_->out().counted().waiting);
        platform_->out().connected();
    }
    void apply(const broker_lost& lost) {
        if (!platform_->out().is_connected()) return; // told twice: good-bye, and then the socket
        lost_once_ = true;
        spdlog::warn("backend: the broker is lost ({}); reconnecting",
                     lost.why.empty() ? "connection closed" : lost.why);
        platform_->out().lost();
    }
    void apply(const vehicle_message& message) { platform_->receive(message.topic, message.payload); }
    void apply(const publish_confirmed& done) { platform_->out().confirmed(done.handed); }
    void apply(const publish_failed& failed) { platform_->out().failed(failed.handed, failed.for_good); }

    // One line a second at most, however much nonsense comes in.
    void watch() {
        watch_.expires_after(std::chrono::seconds{1});
        watch_.async_wait([this](boost::system::error_code cancelled) {
            if (cancelled) return;
            const auto now = counted_here();
            const auto warn_of = [](std::uint64_t before, std::uint64_t after, std::string_view what) {
                if (after > before) spdlog::warn("backend: {} {}", after - before, what);
            };
            warn_of(seen_.inbound.malformed, now.inbound.malformed, "malformed messages from vehicles");
            warn_of(seen_.inbound.wrong_vehicle, now.inbound.wrong_vehicle, "answers from the wrong vehicle");
            warn_of(seen_.http.malformed, now.http.malformed, "malformed HTTP requests");
            warn_of(seen_.outbound.dropped, now.outbound.dropped, "messages dropped: too many wait for the broker");
            warn_of(seen_.outbound.refused, now.outbound.refused, "messages refused by the broker");
            if (broker_api_)
                warn_of(seen_.outbound.sent_again, now.outbound.sent_again,
                        fmt::format("messages posted again ({})", broker_api_->trouble()));
            warn_of(seen_.persistence.lost, now.persistence.lost, "events the database did not take");
            warn_of(seen_.wake.malformed, now.wake.malformed, "messages on presence topics that say nothing");
            warn_of(seen_.wake.failed, now.wake.failed, "triggers that could not be sent");
            seen_ = now;
            watch();
        });
    }

    figures counted_here() const {
        auto all = platform_->counted();
        all.http = http_.counted();
        all.persistence.written = store_->written();
        all.persistence.lost = store_->lost();
        all.wake.failed = wake_.failed();
        if (broker_api_) all.outbound.sent_again += broker_api_->said_again();
        return all;
    }

    const options options_;
    steady_time time_;
    const std::uint32_t prefix_;
    net::endpoint api_;
    net::loop loop_{time_};
    asio::io_context& io_ = loop_.io();
    asio::steady_timer timer_{io_};
    asio::steady_timer watch_{io_};
    std::unique_ptr<mqtt_edge> mqtt_; // one of the two
    std::unique_ptr<broker_api_edge> broker_api_;
    wake_edge wake_{loop_};
    std::optional<store_writer> store_;
    std::optional<platform> platform_;
    http::server http_;
    monotonic_time armed_for_ = never;
    bool lost_once_ = false;
    figures seen_;     // as of the last look of watch()
    std::mutex mutex_; // counted() and stop() against each other
    figures last_;
    std::thread thread_;
};

result<server> server::start(const options& o, const net::endpoint& broker, const net::endpoint& listen) {
    auto fresh = std::make_unique<running>(o);
    if (auto wrong = fresh->start(broker, listen); !wrong.empty()) return wrong;
    return server(std::move(fresh));
}

server::server(std::unique_ptr<running> started) : running_(std::move(started)) {}
server::server(server&&) noexcept = default;
server& server::operator=(server&&) noexcept = default;
server::~server() = default;

net::endpoint server::api() const { return running_->api(); }
figures server::counted() const { return running_->counted(); }
void server::stop() { running_->stop(); }

} // namespace loadsim::backend
