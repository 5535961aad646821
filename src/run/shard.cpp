#include "shard.hpp"

#include <loadsim/drive/http_driver.hpp>
#include <loadsim/drive/mqtt_driver.hpp>
#include <loadsim/fleet/campaign.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

/// Draws of campaigns, away from those of requests, polls and vehicles.
constexpr std::uint64_t campaign_texts = (std::uint64_t{3} << 62U) + (std::uint64_t{1} << 61U);
constexpr std::uint64_t draws_of_a_text = 1024;

double thread_cpu_seconds() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::unique_ptr<drive::driver> make_driver(net::loop& loop, witness& events, lookouts& ends, const shared_plan& plan,
                                           const address_book& to, shard_share share, std::uint32_t http_connections,
                                           contract::fit& watch) {
    const auto& load = plan.scenario.load;
    const auto known = [&plan](request_key key, contract::values& about) { plan.fill(key.vehicle, about); };
    if (!to.api)
        return drive::make_mqtt_driver(loop, events,
                                       {.options = load.mqtt,
                                        .protocol = plan.scenario.fleet.mqtt.session.protocol,
                                        .terms = *plan.terms,
                                        .name = fmt::format("{}-{}", to.run_name, share.index),
                                        .user = to.broker_urls.front().user,
                                        .password = to.broker_urls.front().password,
                                        .brokers = to.brokers,
                                        .seed = plan.scenario.seed,
                                        .known = known,
                                        .watch = &watch});
    auto api = *to.api;
    api.connections = http_connections;
    const bool reads = std::ranges::any_of(
        load.observers, [](const observe::options& o) { return std::holds_alternative<observe::response_options>(o); });
    drive::http_driver_setup setup{.api = std::move(api),
                                   .terms = *plan.terms,
                                   .way_in = to.way_in,
                                   .seed = plan.scenario.seed,
                                   .known = known,
                                   .answered = {},
                                   .shown = {}};
    if (plan.trace)
        setup.shown = [&plan, &load](const http::request* asked, const http::answer* came) {
            if (asked != nullptr)
                plan.trace(
                    {.what = utterance::way::to_api, .head = asked->method + " " + asked->target, .body = asked->body});
            if (came == nullptr) return;
            const std::string body(came->status == 0 ? came->trouble : came->body);
            plan.trace({.what = utterance::way::from_api, .head = std::to_string(came->status), .body = body});
            for (std::uint32_t i = 0; i < load.observers.size(); ++i)
                if (std::holds_alternative<observe::response_options>(load.observers[i]))
                    plan.trace({.what = utterance::way::to_observer,
                                .observer = i,
                                .head = std::to_string(came->status),
                                .body = body});
        };
    if (reads)
        setup.answered = [&ends](request_key key, const http::answer& a, monotonic_time t) {
            ends.answered(key.vehicle, a, t);
        };
    return drive::make_http_driver(loop, events, std::move(setup));
}

/// The first shard of all sends what is for many vehicles at once.
std::unique_ptr<drive::publisher> make_publisher(net::loop& loop, const shared_plan& plan, const address_book& to,
                                                 shard_share share) {
    if (plan.scenario.campaigns.empty() || share.index != 0 || plan.only) return nullptr;
    return std::make_unique<drive::publisher>(
        loop, drive::publisher_setup{.protocol = plan.scenario.fleet.mqtt.session.protocol,
                                     .name = to.run_name + "-campaigns",
                                     .user = to.broker_urls.front().user,
                                     .password = to.broker_urls.front().password,
                                     .brokers = to.brokers});
}

http::client_options api_of(const address_book& to) { return to.api.value_or(http::client_options{}); }

/// The vehicles of a share that a campaign is for. Without memory, whatever the fleet's size.
std::uint64_t addressed_by(const fleet::campaign_options& c, const shared_plan& plan, shard_share share) {
    std::uint64_t count = 0;
    for (std::uint64_t v = share.index; v < plan.scenario.fleet.vehicles; v += share.count) {
        const auto& segment = plan.names.segments[plan.segments.segment_of(vehicle_id{static_cast<std::uint32_t>(v)})];
        if (c.segments.empty() || std::ranges::count(c.segments, segment) != 0) ++count;
    }
    return count;
}

} // namespace

shard::shard(const shared_plan& plan, const address_book& addresses, const time_source& time, shard_share share,
             const shard_limits& limits, net::byte_tap* tap)
    : plan_(plan), time_(time), share_(share), loop_(time),
      ledger_(
          plan.names, [&plan](vehicle_id v) { return plan.vin_of(v); }, plan.scenario.load.unanswered_after,
          plan.recording()),
      campaigns_(plan.scenario.campaigns.size()), witness_(plan, ledger_, time),
      vehicles_(loop_, time, witness_, plan, share, addresses, limits),
      lookouts_(loop_, plan, {.api = api_of(addresses), .way_in = addresses.way_in, .claims = addresses.claims},
                [this](vehicle_id v, observe::final_event seen) {
                    ledger_.ended(v, seen.request, seen.end, seen.reason, seen.at, seen.observer);
                }),
      driver_(make_driver(loop_, witness_, lookouts_, plan, addresses, share, limits.http_connections, driver_fit_)),
      publisher_(make_publisher(loop_, plan, addresses, share)),
      arrivals_(plan, share, ledger_, vehicles_.roster(), *driver_), due_timer_(loop_.io().get_executor()),
      campaign_timer_(loop_.io().get_executor()) {
    witness_.tell(addresses.api ? &lookouts_ : nullptr, plan.scenario.campaigns.empty() ? nullptr : &campaigns_);
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
        started_ = true;
        not_ready_ = publisher_ ? 3 : 2;
        ready(lookouts_.start());
        driver_->start(ready);
        if (publisher_) publisher_->start(ready);
    });
}

void shard::begin_load(monotonic_time start) {
    post([this, start] {
        start_ = start;
        ledger_.set_start(start);
        vehicles_.begin_load(start);
        arrivals_.begin(start);
        pump();
        const auto& all = plan_.scenario.campaigns;
        for (std::uint32_t i = 0; i < all.size() && !plan_.only; ++i) campaigns_to_come_.push_back(i);
        std::ranges::stable_sort(campaigns_to_come_, std::greater{}, [&all](std::uint32_t i) { return all[i].at; });
        launch_campaigns();
    });
}

/// Those that are due, then sleeps until the next. Each shard knows when, for its own vehicles; one of them publishes.
void shard::launch_campaigns() {
    while (!campaigns_to_come_.empty()) {
        const auto which = campaigns_to_come_.back();
        const auto due = start_ + plan_.scenario.campaigns[which].at;
        if (due > time_.now()) {
            campaign_timer_.expires_at(due);
            campaign_timer_.async_wait([this](const boost::system::error_code& error) {
                if (!error) launch_campaigns();
            });
            return;
        }
        campaigns_to_come_.pop_back();
        campaigns_.due(which, addressed_by(plan_.scenario.campaigns[which], plan_, share_), due);
        if (publisher_) publish_campaign(which);
    }
}

/// Once for all, or once for each of its segments where its texts name them.
void shard::publish_campaign(std::uint32_t which) {
    const auto& options = plan_.scenario.campaigns[which];
    const auto campaign =
        fleet::campaign::compile(options, plan_.words.names, "campaigns").value(); // checked by read()
    for (std::uint32_t segment = 0; segment < plan_.names.segments.size(); ++segment) {
        if (!campaign.addresses(plan_.names.segments[segment])) continue;
        draws chance(plan_.scenario.seed, stream::text, campaign_texts + which, segment * draws_of_a_text);
        contract::values about{.segment = plan_.names.segments[segment]};
        about.segment_variables = plan_.words.segment_variables[segment];
        about.captured = plan_.captured;
        about.now_us =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        about.draw = &chance;
        contract::composed message;
        if (!campaign.compose(about, message)) {
            trouble_in_campaign(which, "its payload is no hex or base64");
            continue;
        }
        publisher_->publish(message, [this, which](const std::string& trouble) {
            if (trouble.empty())
                campaigns_.published(which);
            else
                trouble_in_campaign(which, trouble);
        });
        if (!campaign.by_segment()) break;
    }
}

void shard::trouble_in_campaign(std::uint32_t which, const std::string& what) {
    ++misfits_[fmt::format("campaigns[{}] ({}) was not published: {}", which, plan_.scenario.campaigns[which].name,
                           what)];
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
        campaigns_to_come_.clear();
        campaign_timer_.cancel();
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
        lookouts_.forget(before);
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
    r.seen.campaigns = campaigns_.take();
    r.seen.broker_api = vehicles_.take_counts();
    r.seen.misfits = std::exchange(misfits_, {});
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
    if (arrivals_.all_due()) r.awaited = ledger_.missing_count() + campaigns_.awaited() + (passes_soon() ? 1U : 0U);
    r.all_due = arrivals_.all_due();
    r.trouble = trouble_.empty() ? vehicles_.refusal() : trouble_;
    r.driver_ready = started_ && not_ready_ == 0;
    r.cpu_s = cpu_s_;
    return r;
}

void shard::begin_stop() {
    if (std::exchange(stopping_, true)) return;
    post([this] {
        due_timer_.cancel();
        campaign_timer_.cancel();
        ledger_.finish(time_.now());
        driver_->stop();
        lookouts_.stop();
        if (publisher_) publisher_->stop();
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
