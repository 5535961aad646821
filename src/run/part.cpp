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

/// How long the target waits for a silent vehicle, by service.
std::vector<backend::deadlines> deadlines_of(const scenario::document& scenario, const measure::legend& names) {
    std::vector<backend::deadlines> all;
    for (const auto& name : names.services) {
        backend::deadlines limits;
        if (scenario.load.driver == drive::kind::mqtt) limits.pending = limits.running = scenario.load.mqtt.deadline;
        for (const auto& s : scenario.target.backend.services)
            if (s.name == name && scenario.load.driver == drive::kind::http) limits = s.limits;
        all.push_back(limits);
    }
    return all;
}

shared_plan make_plan(const scenario::document& scenario, const platform& up) {
    auto names = scenario::legend_of(scenario);
    std::vector<vehicle::behaviour> behaviours;
    for (const auto& b : names.behaviours) behaviours.push_back(scenario::behaviour_of(scenario, b));
    auto deadlines = deadlines_of(scenario, names);
    return shared_plan{.scenario = scenario,
                       .names = std::move(names),
                       .schedule = load::schedule(scenario.load.phases, scenario.load.spacing, scenario.seed),
                       .services = load::service_choice(scenario.seed, scenario.load.services),
                       .segments =
                           vehicle::segmentation(scenario.seed, scenario.fleet.vehicles, scenario.fleet.segments),
                       .behaviours = std::move(behaviours),
                       .deadlines = std::move(deadlines),
                       .broker_url = up.broker,
                       .broker = up.broker_address,
                       .api = up.api,
                       .api_address = up.api_address,
                       .run_name = fmt::format("loadsim-{:08x}", std::random_device{}())};
}

std::uint32_t one_or_part_of(std::uint32_t limit, shard_share share) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, load::part_of(limit, share)));
}

} // namespace

part::part(const scenario::document& scenario, const platform& up, std::uint32_t shards, const cluster::place& where,
           const time_source& time)
    : plan_(make_plan(scenario, up)), where_(where), broker_(up.broker), own_broker_(up.own_broker.has_value()) {
    for (std::uint32_t i = 0; i < shards; ++i) {
        const auto share = share_of(where_.index, where_.count, i, shards);
        // A broker, or an API, of our own has to do with this rank alone.
        const auto apart = shard_share{i, shards};
        const shard_limits limits{
            .connects_in_flight = one_or_part_of(scenario.fleet.connects_in_flight, up.own_broker ? apart : share),
            .http_connections = one_or_part_of(scenario.load.http.connections, up.own_backend ? apart : share)};
        shards_.push_back(std::make_unique<shard>(plan_, time, share, limits));
    }
}

part::~part() = default;

void part::connect() {
    for (const auto& s : shards_) s->connect();
    watching_ = !plan_.api;
    if (plan_.api)
        observer_ready_ = std::async(std::launch::async, [this] {
            return observer_.start(broker_, [this](auto seen) { observe(std::move(seen)); });
        });
}

/// From a broker that is not ours every rank hears of the whole fleet: each takes what is its vehicles', and what is nobody's is
/// noted by the first. From its own a rank hears of its vehicles alone.
void part::observe(std::optional<observe::final_event> seen) {
    const bool to_be_noted = own_broker_ || where_.index == 0;
    const auto note = [&](measure::anomaly what) {
        if (to_be_noted) shards_.front()->note(what);
    };
    if (!seen) return note(measure::anomaly::malformed_payload);
    const auto v = vehicle::vehicle_of(plan_.scenario.fleet.vin, seen->vin);
    if (!v || index(*v) >= plan_.scenario.fleet.vehicles) return note(measure::anomaly::end_unknown);
    if (!shard_share{where_.index, where_.count}.owns(*v)) {
        if (own_broker_) note(measure::anomaly::end_unknown);
        return;
    }
    shards_[index(*v) / where_.count % shards_.size()]->observe(*v, std::move(*seen));
}

void part::begin_load(monotonic_time start) {
    for (const auto& s : shards_) s->begin_load(start);
}

void part::cut() {
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
    sum.rss_bytes = resident_bytes();
    status_ = sum;
    status_.seen = {};
    return sum;
}

} // namespace loadsim::run
