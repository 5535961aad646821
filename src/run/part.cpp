#include "part.hpp"

#include <loadsim/base/draw.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

constexpr std::uint64_t first_messages = ~std::uint64_t{0} >> 1U; ///< draws of what observers say first

std::uint64_t resident_bytes() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

address_book addresses_of(const platform& up, const scenario::document& scenario, observe::claims& claims) {
    const bool some_say_no_vin = std::ranges::any_of(scenario.load.observers, [](const observe::options& o) {
        return std::visit(
            [](const auto& one) {
                if constexpr (requires { one.reading; }) return one.reading.vin.empty();
                return false;
            },
            o);
    });
    return {.broker_urls = up.brokers,
            .brokers = up.broker_addresses,
            .api = up.api,
            .way_in = up.way_in,
            .broker_api = up.link,
            .claims = some_say_no_vin ? &claims : nullptr,
            .run_name = fmt::format("loadsim-{:08x}", std::random_device{}())};
}

std::uint32_t one_or_part_of(std::uint32_t limit, shard_share share) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, load::part_of(limit, share)));
}

} // namespace

part::part(const scenario::document& scenario, const scenario::vocabulary& words, platform& up, std::uint32_t shards,
           const cluster::place& where, const time_source& time, const rerun& again)
    : plan_(scenario, words, again.only), where_(where), up_(up), claims_(scenario.load.unanswered_after),
      addresses_(addresses_of(up, scenario, claims_)), time_(time),
      outages_(scenario.conditions, plan_.schedule.duration()) {
    plan_.trace = again.trace;
    for (std::uint32_t i = 0; i < shards; ++i) {
        // The one vehicle of a replay is what every n-th of a fleet of n comes to.
        const auto share = again.only ? shard_share{index(again.only->vehicle), scenario.fleet.vehicles}
                                      : share_of(where_.index, where_.count, i, shards);
        // A broker, or an API, of our own has to do with this rank alone.
        const auto apart = shard_share{i, shards};
        const shard_limits limits{
            .connects_in_flight = one_or_part_of(scenario.fleet.connects_in_flight, up.own_broker ? apart : share),
            .http_connections = one_or_part_of(scenario.load.http.connections, up.own_backend ? apart : share),
            .inbound_connections = one_or_part_of(up.link.inbound.connections, up.own_backend ? apart : share),
            .sends_campaigns = i == 0 && (up.own_broker || where_.index == 0)};
        shards_.push_back(std::make_unique<shard>(plan_, addresses_, time, share, limits, again.tap));
    }
    if (up_.wake) up_.wake->tell([this](std::string_view vin) { wake(vin); });
    up_.watch->tell([this](auto seen, const std::string& why) { observe(std::move(seen), why); },
                    [this](observe::heard_word w) { hear(std::move(w)); });
    if (again.trace)
        up_.watch->overhear([trace = again.trace](std::uint32_t i, std::string_view source, std::string_view text) {
            trace({.what = utterance::way::to_observer,
                   .observer = i,
                   .head = std::string(source),
                   .body = std::string(text)});
        });
    plan_.webhook_url = up_.watch->webhook_url();
    if (!up_.broker_api) return;
    plan_.broker_api_url = up_.broker_api->url();
    up_.broker_api->tell(
        {.found = [this](std::string_view vin) { return plan_.vehicle_of(vin); },
         .command = [this](vehicle_id v, fleet::broker_api_command c) { take_command(v, std::move(c)); },
         .headers = fleet::headers_of(plan_.scenario.contract.command)});
}

part::~part() {
    if (watch_ready_.valid()) watch_ready_.wait();
    if (up_.wake) up_.wake->tell({});
    if (up_.broker_api) up_.broker_api->tell({});
    up_.watch->tell({}, {});
    up_.watch->overhear({});
}

/// Each rank logs in by itself, and makes the calls for its own vehicles.
result<void> part::call(const drive::calls& all, const std::function<bool()>& stop) {
    if (all.empty() || !up_.api) return {};
    const auto count = plan_.scenario.fleet.vehicles;
    const shard_share own{where_.index, where_.count};
    std::string vin;
    const drive::calls::setting in{.api = *up_.api,
                                   .way_in = up_.way_in.get(),
                                   .vehicles = plan_.only          ? 1
                                               : count > own.index ? (count - own.index - 1) / own.count + 1
                                                                   : 0,
                                   .vehicle =
                                       [&](std::uint32_t i, contract::values& about) {
                                           const vehicle_id v =
                                               plan_.only ? plan_.only->vehicle : vehicle_id{i * own.count + own.index};
                                           vin = plan_.vin_of(v);
                                           about.vin = vin;
                                           plan_.fill(v, about);
                                       },
                                   .common = {.webhook_url = plan_.webhook_url, .broker_api_url = plan_.broker_api_url},
                                   .seed = plan_.scenario.seed,
                                   .stop = stop};
    return all.make(in, plan_.captured);
}

result<void> part::call_before(const std::function<bool()>& stop) { return call(plan_.words.before, stop); }
result<void> part::call_after(const std::function<bool()>& stop) { return call(plan_.words.after, stop); }

void part::connect() {
    for (const auto& s : shards_) s->connect();
    watching_ = !up_.api;
    if (!up_.api) return;
    watch_ready_ = std::async(std::launch::async, [this] { return start_watching(); });
}

result<void> part::start_watching() {
    observe::surroundings where{.brokers = up_.brokers,
                                .api = *up_.api,
                                .sign = drive::signs_now(up_.way_in),
                                .subscribe = {},
                                .word = {},
                                .terms = &plan_.words.terms};
    std::vector<watch::texts> rendered;
    draws chance(plan_.scenario.seed, stream::text, first_messages);
    contract::values about{.webhook_url = plan_.webhook_url, .broker_api_url = plan_.broker_api_url};
    about.captured = plan_.captured;
    about.now_us = wall_us();
    about.draw = &chance;
    for (const auto& texts : plan_.words.of_observers) {
        // poll's path speaks of a request, and is of the shards.
        const bool of_request = texts.path.uses(contract::variable::request_id);
        rendered.push_back({of_request ? std::string{} : texts.path.rendered(about), texts.first.rendered(about)});
    }
    return up_.watch->start(where, rendered);
}

shard* part::shard_of(vehicle_id v) const {
    if (plan_.only) return v == plan_.only->vehicle ? shards_.front().get() : nullptr;
    if (!shard_share{where_.index, where_.count}.owns(v)) return nullptr;
    return shards_[index(v) / where_.count % shards_.size()].get();
}

/// From a broker that is not ours every rank hears of the whole fleet: each takes what is its vehicles', and what is nobody's is
/// noted by the first. From its own a rank hears of its vehicles alone.
void part::observe(std::optional<observe::final_event> seen, const std::string& why) {
    const bool to_be_noted = up_.own_broker || where_.index == 0;
    if (!seen) {
        if (to_be_noted) shards_.front()->note(anomaly::malformed_payload, {}, why, time_.now());
        return;
    }
    if (seen->vin.empty()) {
        const auto v = claims_.claim(*seen);
        if (auto* own = v ? shard_of(*v) : nullptr) own->observe(*v, std::move(*seen));
        return;
    }
    const auto v = plan_.vehicle_of(seen->vin);
    auto* own = v ? shard_of(*v) : nullptr;
    if (own != nullptr) return own->observe(*v, std::move(*seen));
    if (v ? up_.own_broker.has_value() : to_be_noted)
        shards_.front()->note(
            anomaly::end_unknown, seen->request,
            fmt::format("{} was announced for vehicle {}, which is not ours", to_string(seen->end), seen->vin),
            seen->at);
}

/// Ends that say no vehicle, and that no request has claimed. Of several ranks each hears of the others' too, and none can tell.
void part::disown_overdue() {
    for (const auto& seen : claims_.overdue(time_.now()))
        if (where_.count == 1)
            shards_.front()->note(
                anomaly::end_unknown, seen.request,
                fmt::format("{} was announced for a request that nobody of ours made", to_string(seen.end)), seen.at);
}

void part::hear(observe::heard_word word) {
    const auto v = plan_.vehicle_of(word.vin);
    if (!v) return; // whoever else is at this broker
    if (auto* own = shard_of(*v)) own->hear(*v, std::move(word));
}

void part::wake(std::string_view vin) {
    const auto v = plan_.vehicle_of(vin);
    if (auto* own = v ? shard_of(*v) : nullptr) own->wake(*v);
}

void part::take_command(vehicle_id v, fleet::broker_api_command command) {
    if (auto* own = shard_of(v)) own->deliver(v, std::move(command));
}

nanoseconds part::attention() const {
    const auto next = start_ == never || !up_.own_broker ? std::nullopt : outages_.next();
    if (!next) return nanoseconds::max();
    return std::max(start_ + *next - time_.now(), nanoseconds{0});
}

/// On the thread that started the broker, for the kernel ties a child to that.
void part::attend() {
    while (start_ != never && up_.own_broker) {
        const auto turn = outages_.take(time_.now() - start_);
        if (!turn) return;
        if (turn->begins) {
            for (const auto& s : shards_) s->outage_begins(turn->condition, turn->occurrence);
            turn->way == vehicle::condition::outage_way::freeze ? up_.own_broker->freeze()
                                                                : up_.own_broker->take_down();
        } else {
            if (const auto back = up_.own_broker->bring_back(); !back) {
                broken_ = "the embedded broker did not come back: " + to_string(back.error());
                return;
            }
            for (const auto& s : shards_) s->outage_passes(turn->condition);
        }
    }
}

void part::begin_load(monotonic_time start) {
    start_ = start;
    if (up_.broker_api) up_.broker_api->begin_load(start);
    for (const auto& s : shards_) s->begin_load(start);
}

void part::cut() {
    outages_.cut();
    for (const auto& s : shards_) s->cut();
}

void part::give_up_open() {
    for (const auto& s : shards_) s->give_up_open();
}

void part::stop() {
    for (const auto& s : shards_) s->begin_stop();
    stopping_ = true;
}

bool part::settled() const {
    return !stopping_ || std::ranges::all_of(shards_, [](const auto& s) { return s->stopped(); });
}

measure::snapshot part::collect() {
    if (!settled()) return status_; // nobody answers before all goodbyes are said
    std::vector<std::future<measure::snapshot>> asked;
    if (!stopping_)
        for (const auto& s : shards_) asked.push_back(s->report());
    measure::snapshot sum;
    sum.all_due = sum.driver_ready = true;
    for (auto& answer : asked) sum.add(answer.get());
    if (stopping_)
        for (const auto& s : shards_) sum.add(s->last_report());
    if (up_.broker_api) sum.seen.broker_api.add(up_.broker_api->take());
    disown_overdue();
    if (watch_ready_.valid() && watch_ready_.wait_for(nanoseconds{0}) == std::future_status::ready) {
        const auto started = watch_ready_.get();
        watching_ = started.has_value();
        if (!started) trouble_ = to_string(started.error());
    }
    if (watching_ && up_.api) up_.watch->take(sum.seen.observers, sum.seen.misfits);
    sum.driver_ready = sum.driver_ready && watching_;
    if (sum.trouble.empty()) sum.trouble = trouble_;
    sum.broken = broken_;
    sum.rss_bytes = resident_bytes();
    status_ = sum;
    status_.seen = {};
    return sum;
}

} // namespace loadsim::run
