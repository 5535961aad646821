#include "shard.hpp"

#include <loadsim/drive/http_driver.hpp>
#include <loadsim/drive/mqtt_driver.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace loadsim::run {
namespace {

double thread_cpu_seconds() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::unique_ptr<drive::driver> make_driver(net::loop& loop, drive::driver_events& events, const shared_plan& plan,
                                           const address_book& to, shard_share share, std::uint32_t http_connections) {
    const auto& load = plan.scenario.load;
    if (!to.api)
        return drive::make_mqtt_driver(loop, events, load.mqtt, plan.scenario.fleet.mqtt.session.protocol,
                                       fmt::format("{}-{}", to.run_name, share.index), to.broker_url.user,
                                       to.broker_url.password, to.broker);
    return drive::make_http_driver(loop, events, load.http, http_connections, *to.api, to.api_address);
}

} // namespace

shard::shard(const shared_plan& plan, const address_book& addresses, const time_source& time, shard_share share,
             const shard_limits& limits, net::byte_tap* tap)
    : plan_(plan), time_(time), share_(share), loop_(time),
      ledger_(
          plan.names, [&plan](vehicle_id v) { return vehicle::vin_of(plan.scenario.fleet.vin, v); },
          plan.scenario.load.unanswered_after, plan.recording()),
      witness_(plan, ledger_, time),
      vehicles_(loop_, witness_, plan.fleet_of(share), limits.connects_in_flight, addresses.broker),
      driver_(make_driver(loop_, witness_, plan, addresses, share, limits.http_connections)),
      arrivals_(plan, share, ledger_, vehicles_, *driver_), due_timer_(loop_.io().get_executor()) {
    loop_.tap = tap;
    thread_ = std::thread([this] {
        try {
            loop_.run();
            stopped_ = true;
        } catch (const std::exception& bug) {
            // A shard that has stopped cannot be reported on: its numbers would be worthless.
            fmt::print(stderr, "loadsim: internal error: {}\n", bug.what());
            std::_Exit(1);
        }
    });
}

shard::~shard() {
    begin_stop();
    if (thread_.joinable()) thread_.join();
}

template <class Work>
void shard::post(Work&& work) {
    boost::asio::post(loop_.io(), std::forward<Work>(work));
}

void shard::connect() {
    post([this] {
        vehicles_.start();
        driver_->start([this](std::string trouble) {
            driver_ready_ = trouble.empty();
            trouble_ = std::move(trouble);
        });
    });
}

void shard::begin_load(monotonic_time start) {
    post([this, start] {
        ledger_.set_start(start);
        vehicles_.begin_load(start);
        arrivals_.begin(start);
        pump();
    });
}

/// Takes every arrival that is due, then sleeps until the next.
void shard::pump() {
    for (;;) {
        const auto next = arrivals_.take_due(time_.now());
        if (next == never) return;
        if (next <= time_.now()) continue;
        due_timer_.expires_at(next);
        due_timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) pump();
        });
        return;
    }
}

void shard::cut() {
    post([this] {
        arrivals_.cut();
        vehicles_.cut();
        due_timer_.cancel();
    });
}

void shard::give_up_open() {
    post([this] {
        const auto now = time_.now();
        ledger_.give_up(now, now);
    });
}

std::future<measure::snapshot> shard::report() {
    auto promise = std::make_shared<std::promise<measure::snapshot>>();
    auto future = promise->get_future();
    post([this, promise] {
        const auto now = time_.now();
        ledger_.give_up(now - plan_.scenario.load.unanswered_after, now);
        cpu_s_ = thread_cpu_seconds();
        promise->set_value(collect());
    });
    return future;
}

/// A condition that is over before the drain is: whom it has struck may yet come back.
bool shard::passes_soon() {
    const auto next = vehicles_.next_turn();
    return next && *next <= plan_.end_of_load() + plan_.scenario.load.drain;
}

measure::snapshot shard::collect() {
    measure::snapshot r;
    r.seen = ledger_.take();
    auto seen = vehicles_.take();
    r.seen.sessions = std::move(seen.sessions);
    r.seen.recoveries = std::move(seen.recoveries);
    r.seen.http = driver_->take();
    const auto moved = loop_.moved;
    r.seen.messages = {.published = moved.published - moved_before_.published,
                       .received = moved.received - moved_before_.received,
                       .bytes_sent = moved.bytes_sent - moved_before_.bytes_sent,
                       .bytes_received = moved.bytes_received - moved_before_.bytes_received};
    moved_before_ = moved;
    r.sessions_asked = vehicles_.asked();
    r.sessions_online = vehicles_.online();
    r.in_flight = ledger_.open_count();
    if (arrivals_.all_due()) r.awaited = ledger_.missing_count() + (passes_soon() ? 1U : 0U);
    r.all_due = arrivals_.all_due();
    r.trouble = trouble_.empty() ? vehicles_.refusal() : trouble_;
    r.driver_ready = driver_ready_;
    r.cpu_s = cpu_s_;
    return r;
}

void shard::begin_stop() {
    if (std::exchange(stopping_, true)) return;
    post([this] {
        due_timer_.cancel();
        ledger_.finish(time_.now());
        driver_->stop();
        vehicles_.stop();
        cpu_s_ = thread_cpu_seconds();
        loop_.stop();
    });
}

measure::snapshot shard::last_report() {
    if (thread_.joinable()) thread_.join();
    return collect();
}

void shard::observe(vehicle_id v, observe::final_event seen) {
    post([this, v, seen = std::move(seen)] { ledger_.ended(v, seen.request, seen.end, seen.reason, seen.at); });
}

void shard::hear(vehicle_id v, observe::heard_word word) {
    post([this, v, word = std::move(word)] { ledger_.heard(v, word.sequence, word.request, word.at); });
}

void shard::wake(vehicle_id v) {
    post([this, v] { vehicles_.wake(v); });
}

void shard::note(anomaly what, std::string request, std::string evidence, monotonic_time at) {
    post([this, what, request = std::move(request), evidence = std::move(evidence), at] {
        ledger_.note(what, std::nullopt, request, evidence, at);
    });
}

void shard::outage_begins(std::uint32_t condition, std::uint32_t occurrence) {
    post([this, condition, occurrence] { vehicles_.broker_goes(condition, occurrence); });
}

void shard::outage_passes(std::uint32_t condition) {
    post([this, condition] { vehicles_.broker_returns(condition); });
}

} // namespace loadsim::run
