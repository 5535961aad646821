#include "part.hpp"

#include <loadsim/vehicle/vin.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <random>
#include <utility>

namespace loadsim::run {
namespace {

std::uint64_t resident_bytes() {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    std::ifstream("/proc/self/statm") >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

address_book addresses_of(const platform& up) {
    return {.broker_url = up.broker,
            .broker = up.broker_address,
            .api = up.api,
            .api_address = up.api_address,
            .run_name = fmt::format("loadsim-{:08x}", std::random_device{}())};
}

std::uint32_t one_or_part_of(std::uint32_t limit, shard_share share) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, load::part_of(limit, share)));
}

} // namespace

part::part(const scenario::document& scenario, platform& up, std::uint32_t shards, const cluster::place& where,
           const time_source& time, const rerun& again)
    : plan_(scenario, again.only), where_(where), up_(up), addresses_(addresses_of(up)), time_(time),
      outages_(scenario.conditions, plan_.schedule.duration()) {
    for (std::uint32_t i = 0; i < shards; ++i) {
        // The one vehicle of a replay is what every n-th of a fleet of n comes to.
        const auto share = again.only ? shard_share{index(again.only->vehicle), scenario.fleet.vehicles}
                                      : share_of(where_.index, where_.count, i, shards);
        // A broker, or an API, of our own has to do with this rank alone.
        const auto apart = shard_share{i, shards};
        const shard_limits limits{
            .connects_in_flight = one_or_part_of(scenario.fleet.connects_in_flight, up.own_broker ? apart : share),
            .http_connections = one_or_part_of(scenario.load.http.connections, up.own_backend ? apart : share)};
        shards_.push_back(std::make_unique<shard>(plan_, addresses_, time, share, limits, again.tap));
    }
    if (up_.wake) up_.wake->tell([this](std::string_view vin) { wake(vin); });
}

part::~part() {
    if (up_.wake) up_.wake->tell({});
}

void part::connect() {
    for (const auto& s : shards_) s->connect();
    watching_ = !addresses_.api;
    if (!addresses_.api) return;
    const auto words =
        plan_.scenario.load.watch_words ? [this](observe::heard_word w) { hear(std::move(w)); } : observe::on_word{};
    observer_ready_ = std::async(std::launch::async, [this, words] {
        return observer_.start(
            addresses_.broker_url, [this](auto seen) { observe(std::move(seen)); }, words);
    });
}

shard* part::shard_of(vehicle_id v) const {
    if (plan_.only) return v == plan_.only->vehicle ? shards_.front().get() : nullptr;
    if (!shard_share{where_.index, where_.count}.owns(v)) return nullptr;
    return shards_[index(v) / where_.count % shards_.size()].get();
}

/// From a broker that is not ours every rank hears of the whole fleet: each takes what is its vehicles', and what is nobody's is
/// noted by the first. From its own a rank hears of its vehicles alone.
void part::observe(std::optional<observe::final_event> seen) {
    const bool to_be_noted = up_.own_broker || where_.index == 0;
    const auto now = time_.now();
    if (!seen) {
        if (to_be_noted)
            shards_.front()->note(anomaly::malformed_payload, {}, "a message on the event topic that is no event", now);
        return;
    }
    const auto v = vehicle::vehicle_of(plan_.scenario.fleet.vin, seen->vin);
    const bool in_fleet = v && index(*v) < plan_.scenario.fleet.vehicles;
    auto* own = in_fleet ? shard_of(*v) : nullptr;
    if (own != nullptr) return own->observe(*v, std::move(*seen));
    if (in_fleet ? up_.own_broker.has_value() : to_be_noted)
        shards_.front()->note(
            anomaly::end_unknown, seen->request,
            fmt::format("{} was announced for vehicle {}, which is not ours", to_string(seen->end), seen->vin),
            seen->at);
}

void part::hear(observe::heard_word word) {
    const auto v = vehicle::vehicle_of(plan_.scenario.fleet.vin, word.vin);
    if (!v || index(*v) >= plan_.scenario.fleet.vehicles) return; // whoever else is at this broker
    if (auto* own = shard_of(*v)) own->hear(*v, std::move(word));
}

void part::wake(std::string_view vin) {
    const auto v = vehicle::vehicle_of(plan_.scenario.fleet.vin, vin);
    if (!v || index(*v) >= plan_.scenario.fleet.vehicles) return;
    if (auto* own = shard_of(*v)) own->wake(*v);
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
    if (observer_ready_.valid() && observer_ready_.wait_for(nanoseconds{0}) == std::future_status::ready) {
        const auto started = observer_ready_.get();
        watching_ = started.has_value();
        if (!started) trouble_ = to_string(started.error());
    }
    sum.driver_ready = sum.driver_ready && watching_;
    if (sum.trouble.empty()) sum.trouble = trouble_;
    sum.broken = broken_;
    sum.rss_bytes = resident_bytes();
    status_ = sum;
    status_.seen = {};
    return sum;
}

} // namespace loadsim::run
