#include "shard.hpp"

#include "make_driver.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <time.h>

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

http::client_options api_of(const address_book& to) { return to.api.value_or(http::client_options{}); }

} // namespace

shard::shard(const shared_plan& plan, const address_book& addresses, const time_source& time, shard_share share,
             const shard_limits& limits, net::byte_tap* tap)
    : plan_(plan), time_(time), share_(share), loop_(time),
      ledger_(
          plan.names, [&plan](vehicle_id v) { return plan.vin_of(v); }, plan.scenario.load.unanswered_after,
          plan.recording()),
      campaigns_(loop_, plan, time, share, addresses, limits.sends_campaigns), witness_(plan, ledger_, time),
      vehicles_(loop_, time, witness_, plan, share, addresses, limits),
      lookouts_(loop_, plan, {.api = api_of(addresses), .way_in = addresses.way_in, .claims = addresses.claims},
                [this](vehicle_id v, observe::final_event seen) {
                    ledger_.ended(v, seen.request, seen.end, seen.reason, seen.at, seen.observer);
                }),
      driver_(make_driver(loop_, witness_, lookouts_, plan, addresses, share, limits.http_connections, driver_fit_)),
      arrivals_(plan, share, ledger_, vehicles_.roster(), *driver_), due_timer_(loop_.io().get_executor()) {
    witness_.tell(addresses.api ? &lookouts_ : nullptr, campaigns_.any() ? &campaigns_.account() : nullptr);
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
        const auto ready = [this](const std::string& trouble) {
            if (trouble.empty())
                --not_ready_;
            else if (trouble_.empty())
                trouble_ = trouble;
        };
        ready(lookouts_.start());
        driver_->start(ready);
        campaigns_.start(ready);
    });
}

void shard::begin_load(monotonic_time start) {
    post([this, start] {
        ledger_.set_start(start);
        vehicles_.begin_load(start);
        arrivals_.begin(start);
        pump();
        campaigns_.begin_load(start);
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
        campaigns_.cut();
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
        const auto before = now - plan_.scenario.load.unanswered_after;
        ledger_.give_up(before, now);
        lookouts_.forget(before, now);
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
    r.seen.broker_api = vehicles_.take_counts();
    r.seen.campaigns = campaigns_.take(r.seen.misfits);
    for (const auto& sentence : vehicles_.misfits()) ++r.seen.misfits[sentence];
    for (const auto& sentence : driver_fit_.take()) ++r.seen.misfits[sentence];
    lookouts_.take(r.seen.observers, r.seen.misfits);
    const auto moved = loop_.moved;
    r.seen.messages = {.published = moved.published - moved_before_.published,
                       .received = moved.received - moved_before_.received,
                       .bytes_sent = moved.bytes_sent - moved_before_.bytes_sent,
                       .bytes_received = moved.bytes_received - moved_before_.bytes_received};
    moved_before_ = moved;
    r.sessions_asked = vehicles_.asked();
    r.sessions_online = vehicles_.online();
    r.in_flight = ledger_.open_count();
    if (arrivals_.all_due())
        r.awaited = ledger_.missing_count() + campaigns_.account().awaited() + (passes_soon() ? 1U : 0U);
    r.all_due = arrivals_.all_due();
    r.trouble = trouble_.empty() ? vehicles_.refusal() : trouble_;
    r.driver_ready = not_ready_ == 0;
    r.cpu_s = cpu_s_;
    return r;
}

void shard::begin_stop() {
    if (std::exchange(stopping_, true)) return;
    post([this] {
        due_timer_.cancel();
        ledger_.finish(time_.now());
        driver_->stop();
        lookouts_.stop();
        campaigns_.stop();
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
    post([this, v, seen = std::move(seen)] {
        ledger_.ended(v, seen.request, seen.end, seen.reason, seen.at, seen.observer);
    });
}

void shard::hear(vehicle_id v, observe::heard_word word) {
    post([this, v, word = std::move(word)] { ledger_.heard(v, word.sequence, word.request, word.at); });
}

void shard::wake(vehicle_id v) {
    post([this, v] { vehicles_.wake(v); });
}

void shard::deliver(vehicle_id v, fleet::broker_api_command command) {
    post([this, v, command = std::move(command)]() mutable { vehicles_.deliver(v, std::move(command)); });
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
