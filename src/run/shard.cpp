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
                                           shard_share share, std::uint32_t http_connections) {
    const auto& load = plan.scenario.load;
    if (!plan.api)
        return drive::make_mqtt_driver(loop, events, load.mqtt, plan.scenario.fleet.mqtt.session.protocol,
                                       fmt::format("{}-{}", plan.run_name, share.index), plan.broker_url.user,
                                       plan.broker_url.password, plan.broker);
    return drive::make_http_driver(loop, events, load.http, http_connections, *plan.api, plan.api_address);
}

} // namespace

shard::shard(const shared_plan& plan, const time_source& time, shard_share share, const shard_limits& limits)
    : plan_(plan), time_(time), share_(share), loop_(time),
      ledger_(
          plan.names, [&plan](vehicle_id v) { return vehicle::vin_of(plan.scenario.fleet.vin, v); },
          plan.scenario.load.unanswered_after),
      vehicles_(loop_, *this, plan.scenario.fleet, plan.scenario.seed, plan.segments, plan.behaviours, share,
                limits.connects_in_flight, plan.broker),
      driver_(make_driver(loop_, *this, plan, share, limits.http_connections)), cursor_(plan.schedule),
      due_timer_(loop_.io().get_executor()) {
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
        start_ = start;
        vehicles_.leave();
        ledger_.set_start(start);
        next_ = cursor_.next();
        pump();
    });
}

/// Takes every arrival that is due, then sleeps until the next.
void shard::pump() {
    const auto fleet = plan_.scenario.fleet.vehicles;
    while (next_ && !all_due_) {
        const load::candidates order(plan_.scenario.seed, next_->id, fleet);
        if (share_.owns(order.first())) {
            const auto due = start_ + next_->due;
            if (due > time_.now()) {
                due_timer_.expires_at(due);
                due_timer_.async_wait([this](const boost::system::error_code& error) {
                    if (!error) pump();
                });
                return;
            }
            take(*next_);
        }
        next_ = cursor_.next();
    }
    all_due_ = true;
}

void shard::take(const load::arrival& arrival) {
    const auto service = plan_.services.service_of(arrival.id);
    const load::candidates order(plan_.scenario.seed, arrival.id, plan_.scenario.fleet.vehicles);
    measure::due_request due;
    due.id = arrival.id;
    due.service = service;
    due.phase = arrival.phase;
    due.due = start_ + arrival.due;
    due.pending_limit = plan_.deadlines[service].pending;
    due.running_limit = plan_.deadlines[service].running;

    const auto& max_vusers = plan_.schedule.phases()[arrival.phase].max_vusers;
    const bool full = max_vusers && ledger_.open_count() >= load::part_of(*max_vusers, share_);
    const auto free = full ? std::nullopt : free_vehicle(order);
    due.vehicle = free.value_or(order.first());
    due.segment = plan_.segments.segment_of(due.vehicle);
    due.expected = plan_.behaviours[due.segment].expected;
    if (full) return ledger_.skip(due, "maxVusers reached", true);
    if (!free) return ledger_.skip(due, "no vehicle was on line and free", false);
    ledger_.begin(due);
    driver_->send({due.id, due.vehicle}, vehicle::vin_of(plan_.scenario.fleet.vin, due.vehicle),
                  plan_.names.services[service]);
}

std::optional<vehicle_id> shard::free_vehicle(const load::candidates& order) const {
    // Spares walking the whole order, which would take what a fleet needs to come back.
    if (ledger_.open_count() >= vehicles_.size() || vehicles_.reachable() == 0) return std::nullopt;
    return load::first_free(order, share_, [this](vehicle_id v) { return !ledger_.open(v) && vehicles_.reachable(v); });
}

void shard::cut() {
    post([this] {
        all_due_ = true;
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

measure::snapshot shard::collect() {
    measure::snapshot r;
    r.seen = ledger_.take();
    r.seen.sessions = vehicles_.take();
    r.seen.http = driver_->take();
    const auto moved = loop_.moved;
    r.seen.messages = {.published = moved.published - moved_before_.published,
                       .received = moved.received - moved_before_.received,
                       .bytes_sent = moved.bytes_sent - moved_before_.bytes_sent,
                       .bytes_received = moved.bytes_received - moved_before_.bytes_received};
    moved_before_ = moved;
    r.sessions_asked = vehicles_.size();
    r.sessions_online = vehicles_.online();
    r.in_flight = ledger_.open_count();
    r.all_due = all_due_;
    r.trouble = trouble_.empty() ? vehicles_.refusal() : trouble_;
    r.driver_ready = driver_ready_;
    r.cpu_s = cpu_s_;
    return r;
}

void shard::begin_stop() {
    if (std::exchange(stopping_, true)) return;
    post([this] {
        due_timer_.cancel();
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

void shard::note(measure::anomaly a) {
    post([this, a] { ledger_.note(a); });
}

bool shard::on_delivered(vehicle_id v, std::string_view request, monotonic_time t) {
    return ledger_.delivered(v, request, t);
}
void shard::on_acked(vehicle_id v, std::string_view request, monotonic_time t) { ledger_.acked(v, request, t); }
void shard::on_finished(vehicle_id v, std::string_view request, monotonic_time t) { ledger_.finished(v, request, t); }
void shard::on_malformed(vehicle_id) { ledger_.note(measure::anomaly::malformed_payload); }
void shard::on_malformed() { ledger_.note(measure::anomaly::malformed_payload); }
bool shard::still_wanted(request_key key) const { return ledger_.open(key); }
void shard::on_sent(request_key key, monotonic_time t) { ledger_.sent(key, t); }
void shard::on_accepted(request_key key, std::string_view request, monotonic_time t) {
    ledger_.accepted(key, request, t);
}
void shard::on_rejected(request_key key, std::string_view why, monotonic_time t) { ledger_.rejected(key, why, t); }
void shard::on_errored(request_key key, std::string_view why, monotonic_time t) { ledger_.errored(key, why, t); }
void shard::on_ended(vehicle_id v, std::string_view request, outcome end, std::string_view reason, monotonic_time t) {
    ledger_.ended(v, request, end, reason, t);
}

} // namespace loadsim::run
