#include "process/local_generator.hpp"

#include "process/broker_outages.hpp"
#include "process/machine_sampler.hpp"
#include "process/process_hooks.hpp"
#include "process/process_taps.hpp"
#include "process/target_setup.hpp"
#include "shard/shard.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/exhaustion.hpp>
#include <loadsim/run/ranks.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <new>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::run {
namespace {

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? std::string(name) : std::string{};
}

std::uint32_t limit_per_shard(std::uint32_t limit, fleet_partition partition) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, load::divide(limit, partition)));
}

/// The part of a run that one process generates; without ranks the whole run.
/// Threads: the constructing one.
class local_generator final : public generator {
public:
    local_generator(const scenario::scenario_config&, scenario::compiled_scenario, target_setup,
                    const local_generator_options&, const time_source&);
    ~local_generator() override;
    local_generator(const local_generator&) = delete;

    /// Errors: the first tap that cannot be started.
    result<void> start_taps(const notice_handler& on_notice);

    const run_plan& plan() const override { return plan_; }
    result<void> run_before_hooks(const std::function<bool()>& should_stop) override;
    result<void> run_after_hooks(const std::function<bool()>& should_stop) override;
    void connect() override;
    void begin_load(monotonic_time start) override;
    void stop_arrivals() override;
    void expire_open_requests() override;
    void flush_records() override;
    void stop() override;
    measure::snapshot collect(monotonic_time) override;
    std::uint32_t late_ranks(monotonic_time) const override { return 0; }

    bool idle() const override; // shards execute calls in order before they report; only stopping takes time
    nanoseconds next_deadline() const override; ///< time until the next outage event
    void poll() override;
    stop_request stop_requested() const override { return {}; }
    std::string lost_rank() const override { return {}; }
    std::uint32_t shards() const override { return static_cast<std::uint32_t>(shards_.size()); }
    std::uint32_t rank_count() const override { return 1; }
    nanoseconds start_delay() const override { return std::chrono::milliseconds{50}; }

private:
    // Called on the threads of observers, of the wake-up listener and of the broker API.
    void on_completion(std::optional<observer::completion> completion, const std::string& why);
    void on_response(observer::observed_response);
    bool wake(std::string_view vin);
    void deliver_command(vehicle_id, fleet::delivered_command);
    void record_expired_completions();
    void check_broker();
    result<void> start_observers();
    void begin_stop_of_shards();
    void pass_on_tap_connections();
    bool outage_ends_in_drain() const;
    std::optional<std::uint32_t> shard_index_of(vehicle_id) const; ///< nullopt: a vehicle of another rank
    shard* shard_of(vehicle_id) const;                             ///< null: the same

    const scenario::compiled_scenario compiled_;
    run_plan plan_;
    const cluster::rank_info rank_;
    const std::string host_; ///< name of this machine
    target_setup setup_;
    observer::request_correlator correlator_;
    const time_source& time_;
    net::byte_tap* const tap_;
    machine_sampler machine_sampler_{[] { return target::read_cpu_counters(); }};
    broker_outages outages_;
    monotonic_time start_ = never;                ///< start of the load
    std::atomic<std::uint64_t> open_requests_{0}; ///< of all shards, which it outlives
    std::vector<std::unique_ptr<shard>> shards_;
    bool stopping_ = false;
    measure::snapshot status_; ///< last snapshot of the shards, without its totals
    bool observers_ready_ = false;
    std::string error_;
    std::string fatal_error_;                     ///< error that ends the run
    std::future<result<void>> observers_started_; ///< result of the start in parallel to the vehicles
    process_taps taps_;                           ///< after the shards: ends before them
};

local_generator::local_generator(const scenario::scenario_config& scenario, scenario::compiled_scenario compiled,
                                 target_setup setup, const local_generator_options& options, const time_source& time)
    : compiled_(std::move(compiled)), plan_(scenario, compiled_, options.replay), rank_(options.rank),
      host_(rank_.host.empty() ? host_name() : rank_.host), setup_(std::move(setup)),
      correlator_(scenario::longest_completion_timeout(scenario.load)), time_(time), tap_(options.tap),
      outages_(outage_schedule(scenario.conditions, plan_.schedule.duration())) {
    setup_.endpoints.correlator = needs_correlation(scenario) ? &correlator_ : nullptr;
    std::random_device random;
    setup_.endpoints.run_name = fmt::format("loadsim-{:08x}", random());
    setup_.endpoints.trace_run = options.trace_run != 0 ? options.trace_run : random_trace_run();
    plan_.trace = options.trace;
    const bool limited =
        std::ranges::any_of(plan_.schedule.phases(), [](const load::phase& p) { return p.max_vusers.has_value(); });
    for (std::uint32_t i = 0; i < options.shards; ++i) {
        // Replay: a partition that contains only the replayed vehicle.
        const auto partition = options.replay ? fleet_partition{index(options.replay->vehicle), scenario.fleet.vehicles}
                                              : partition_of(rank_.index, rank_.count, i, options.shards);
        // An embedded broker or backend serves this rank only: its limits are not divided by the number of ranks.
        const auto process_partition = fleet_partition{i, options.shards};
        const shard_limits limits{
            .connects_in_flight = limit_per_shard(scenario.fleet.connects_in_flight,
                                                  setup_.embedded_broker ? process_partition : partition),
            .http_connections = limit_per_shard(scenario.load.http.connections,
                                                setup_.embedded_backend ? process_partition : partition),
            .inbound_connections = limit_per_shard(setup_.endpoints.broker_api.inbound.connections,
                                                   setup_.embedded_backend ? process_partition : partition),
            .sends_campaigns = i == 0 && (setup_.embedded_broker || rank_.index == 0),
            .process_partition = {rank_.index, rank_.count},
            .open_requests = limited ? &open_requests_ : nullptr};
        shards_.push_back(std::make_unique<shard>(plan_, setup_.endpoints, time, partition, limits, options.tap));
    }
    if (setup_.wakeup_listener) setup_.wakeup_listener->set_handler([this](std::string_view vin) { return wake(vin); });
    setup_.observers->set_handlers(
        [this](auto completion, const std::string& why) { on_completion(std::move(completion), why); },
        [this](observer::observed_response w) { on_response(std::move(w)); });
    if (options.trace)
        setup_.observers->set_trace(
            [trace = options.trace](std::uint32_t i, std::string_view source, std::string_view text) {
                trace({.kind = traced_message::direction::to_observer,
                       .observer = i,
                       .head = std::string(source),
                       .body = std::string(text)});
            });
    plan_.webhook_url = setup_.observers->webhook_url();
    if (!setup_.broker_api) return;
    plan_.broker_api_url = setup_.broker_api->url();
    setup_.broker_api->set_handlers(
        {.find_vehicle = [this](std::string_view vin) { return plan_.vehicle_of(vin); },
         .on_command = [this](vehicle_id v, fleet::delivered_command c) { deliver_command(v, std::move(c)); },
         .headers = fleet::headers_of(plan_.scenario.contract.command)});
}

local_generator::~local_generator() {
    if (observers_started_.valid()) observers_started_.wait();
    if (setup_.wakeup_listener) setup_.wakeup_listener->set_handler({});
    if (setup_.broker_api) setup_.broker_api->set_handlers({});
    setup_.observers->set_handlers({}, {});
    setup_.observers->set_trace({});
}

result<void> local_generator::run_before_hooks(const std::function<bool()>& should_stop) {
    return run_hooks(plan_.compiled.before, plan_, setup_.endpoints, rank_, should_stop);
}
result<void> local_generator::run_after_hooks(const std::function<bool()>& should_stop) {
    return run_hooks(plan_.compiled.after, plan_, setup_.endpoints, rank_, should_stop);
}

void local_generator::connect() {
    for (const auto& s : shards_) s->connect();
    observers_ready_ = !setup_.endpoints.api;
    if (!setup_.endpoints.api) return;
    const auto launched = or_exhausted([this]() -> result<void> {
        observers_started_ =
            std::async(std::launch::async, [this] { return or_exhausted([this] { return start_observers(); }); });
        return {};
    });
    if (!launched) error_ = to_string(launched.error());
}

result<void> local_generator::start_observers() {
    observer::observer_context where{.brokers = setup_.endpoints.broker_urls,
                                     .broker_servers = setup_.endpoints.brokers,
                                     .kafka_brokers = setup_.endpoints.kafka_brokers,
                                     .api = *setup_.endpoints.api,
                                     .sign = driver::signer(setup_.endpoints.auth),
                                     .subscribe = {},
                                     .response_handler = {},
                                     .message_contract = &plan_.compiled.message_contract,
                                     .tap = tap_};
    return setup_.observers->start(where, rendered_texts_of(plan_));
}

result<void> local_generator::start_taps(const notice_handler& on_notice) {
    return taps_.start({.plan = plan_,
                        .time = time_,
                        .brokers = setup_.endpoints.kafka_brokers,
                        .rank = rank_.index,
                        .shards = shards(),
                        .shard_of = [this](vehicle_id v) { return shard_index_of(v); },
                        .on_records =
                            [this](std::uint32_t tap, std::uint32_t to, std::vector<measure::consumed_record> records) {
                                shards_[to]->on_tapped(tap, std::move(records));
                            },
                        .on_notice = on_notice});
}

std::optional<std::uint32_t> local_generator::shard_index_of(vehicle_id v) const {
    if (plan_.replay) return v == plan_.replay->vehicle ? std::optional<std::uint32_t>(0) : std::nullopt;
    if (!fleet_partition{rank_.index, rank_.count}.owns(v)) return std::nullopt;
    return static_cast<std::uint32_t>(index(v) / rank_.count % shards_.size());
}

shard* local_generator::shard_of(vehicle_id v) const {
    const auto which = shard_index_of(v);
    return which ? shards_[*which].get() : nullptr;
}

/// From an external broker every rank receives the events of the whole fleet: each handles those of its own vehicles,
/// rank 0 records those of unknown ones. From its embedded broker a rank receives events of its own vehicles only.
void local_generator::on_completion(std::optional<observer::completion> completion, const std::string& why) {
    const bool records_unknown = setup_.embedded_broker || rank_.index == 0;
    if (!completion) {
        if (records_unknown) shards_.front()->on_malformed_event(why, time_.now());
        return;
    }
    if (completion->vin.empty()) {
        const auto v = correlator_.correlate(*completion);
        if (auto* own = v ? shard_of(*v) : nullptr) own->on_completion(*v, std::move(*completion));
        return;
    }
    const auto v = plan_.vehicle_of(completion->vin);
    auto* own = v ? shard_of(*v) : nullptr;
    if (own != nullptr) return own->on_completion(*v, std::move(*completion));
    if (v ? setup_.embedded_broker.has_value() : records_unknown)
        shards_.front()->on_completion({}, std::move(*completion));
}

/// Records completions without VIN that match no request. With several ranks they may be another rank's: not recorded.
void local_generator::record_expired_completions() {
    for (auto& completion : correlator_.expired(time_.now()))
        if (rank_.count == 1) shards_.front()->on_completion({}, std::move(completion));
}

void local_generator::on_response(observer::observed_response response) {
    const auto v = plan_.vehicle_of(response.vin);
    if (!v) return; // a vehicle outside this run
    if (auto* own = shard_of(*v)) own->on_response(*v, std::move(response));
}

/// False: the fleet has no such vehicle. One of another rank is not woken here.
bool local_generator::wake(std::string_view vin) {
    const auto v = plan_.vehicle_of(vin);
    if (auto* own = v ? shard_of(*v) : nullptr) own->wake(*v);
    return v.has_value();
}

void local_generator::deliver_command(vehicle_id v, fleet::delivered_command command) {
    if (auto* own = shard_of(v)) own->deliver(v, std::move(command));
}

nanoseconds local_generator::next_deadline() const {
    if (start_ == never || !setup_.embedded_broker) return nanoseconds::max();
    return outages_.wait(time_.now() - start_);
}

void local_generator::poll() {
    if (taps_.take_stopped()) begin_stop_of_shards();
    if (start_ == never || !setup_.embedded_broker) return;
    const auto on_down = [this](const outage_schedule::outage_event& e) {
        for (const auto& s : shards_) s->on_broker_down(e.condition, e.occurrence);
    };
    const auto on_up = [this](const outage_schedule::outage_event& e) {
        for (const auto& s : shards_) s->on_broker_up(e.condition);
    };
    const auto executed = outages_.execute(*setup_.embedded_broker, time_.now() - start_, on_down, on_up);
    if (!executed) fatal_error_ = "the embedded broker did not come back: " + to_string(executed.error());
}

void local_generator::begin_load(monotonic_time start) {
    start_ = start;
    machine_sampler_.begin_load(start + plan_.begin_of_load());
    if (setup_.broker_api) setup_.broker_api->begin_load(start);
    for (const auto& s : shards_) s->begin_load(start);
}

void local_generator::stop_arrivals() {
    machine_sampler_.end_load(time_.now());
    outages_.cancel_pending();
    for (const auto& s : shards_) s->stop_arrivals();
}

void local_generator::expire_open_requests() {
    for (const auto& s : shards_) s->expire_open_requests();
}

void local_generator::flush_records() {
    for (const auto& s : shards_) s->flush_records();
}

/// The taps first: what is not consumed when the shards stop is lost.
void local_generator::stop() {
    stopping_ = true;
    if (taps_.empty()) return begin_stop_of_shards();
    taps_.begin_stop(setup_.bus ? [this] { setup_.bus->bridge.stop(); } : std::function<void()>{});
}

/// What is missing while a tap cannot consume is not known to be lost.
void local_generator::pass_on_tap_connections() {
    for (const auto& change : taps_.take_connection_changes())
        for (const auto& s : shards_) s->on_tap_connected(change.tap, change.connected);
}

void local_generator::begin_stop_of_shards() {
    pass_on_tap_connections();
    for (const auto& s : shards_) s->begin_stop();
}

/// The broker returns before the drain has ended, and then its vehicles.
bool local_generator::outage_ends_in_drain() const {
    const auto next = setup_.embedded_broker ? outages_.schedule().next() : std::nullopt;
    return next && *next <= plan_.end_of_load() + plan_.scenario.load.drain;
}

bool local_generator::idle() const {
    return !stopping_ || std::ranges::all_of(shards_, [](const auto& s) { return s->stopped(); });
}

/// Without its broker the run measures nothing: it ends with exit code 4 and not 99.
void local_generator::check_broker() {
    if (stopping_ || !setup_.embedded_broker) return;
    if (auto ended = setup_.embedded_broker->take_unexpected_end(); !ended.empty())
        (start_ == never ? error_ : fatal_error_) = std::move(ended);
}

measure::snapshot local_generator::collect(monotonic_time) {
    if (!idle()) return status_; // shards do not report while they close their sessions
    check_broker();
    if (!stopping_) pass_on_tap_connections();
    std::vector<std::future<measure::snapshot>> reports;
    if (!stopping_)
        for (const auto& s : shards_) reports.push_back(s->report());
    measure::snapshot sum;
    sum.all_due = sum.driver_ready = true;
    for (auto& report : reports) sum.add(report.get());
    if (stopping_)
        for (const auto& s : shards_) sum.add(s->last_report());
    if (setup_.broker_api) add(sum.counts.broker_api, setup_.broker_api->take_counts());
    taps_.take_counts(sum.counts);
    record_expired_completions();
    if (observers_started_.valid() && observers_started_.wait_for(nanoseconds{0}) == std::future_status::ready) {
        const auto started = observers_started_.get();
        observers_ready_ = started.has_value();
        if (!started) error_ = to_string(started.error());
    }
    if (observers_ready_ && setup_.endpoints.api)
        setup_.observers->take_counts(sum.counts, [this](const observer::options& o) {
            const own_target own{setup_.embedded_broker.has_value(), setup_.embedded_backend.has_value(),
                                 setup_.bus.has_value()};
            return rank_.index == 0 || !receives_messages_of_all_ranks(o, own);
        });
    sum.driver_ready = sum.driver_ready && observers_ready_;
    if (sum.all_due && outage_ends_in_drain()) ++sum.awaited;
    if (sum.setup_error.empty()) sum.setup_error = error_;
    sum.fatal_error = memory_ran_out() ? exhaustion_text(std::bad_alloc()) : fatal_error_;
    sum.rss_bytes = resident_bytes();
    machine_sampler_.sample(time_.now());
    if (const auto& usage = machine_sampler_.usage()) sum.machines.emplace(host_, *usage);
    measure::mask_secrets(sum);
    status_ = sum;
    status_.counts = {};
    return sum;
}

} // namespace

result<std::unique_ptr<generator>> start_local_generator(const scenario::scenario_config& scenario,
                                                         const local_generator_options& options,
                                                         const time_source& time, const notice_handler& on_notice) {
    return or_exhausted([&]() -> result<std::unique_ptr<generator>> {
        auto compiled = scenario::compile(scenario);
        if (!compiled) return compiled.error();
        if (options.check_machine)
            if (const auto checked = check_machine(scenario, options.rank, on_notice); !checked) return checked.error();
        auto setup = start_target(scenario, *compiled, {options.rank.index, options.rank.count}, options.folder,
                                  on_notice, options.tap);
        if (!setup) return setup.error();
        auto made = std::make_unique<local_generator>(scenario, std::move(*compiled), std::move(*setup), options, time);
        if (const auto started = made->start_taps(on_notice); !started) return started.error();
        return made;
    });
}

} // namespace loadsim::run
