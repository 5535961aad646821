#include "shard/shard.hpp"

#include "clock_conversion.hpp"
#include "shard/open_requests.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/driver/http_driver.hpp>
#include <loadsim/driver/mqtt_driver.hpp>
#include <loadsim/fleet/fleet_spec.hpp>
#include <loadsim/fleet/mqtt_fleet.hpp>
#include <loadsim/fleet/paho_fleet.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <time.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

double thread_cpu_seconds() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

http::client_options api_of(const target_endpoints& endpoints) {
    return endpoints.api.value_or(http::client_options{});
}

std::unique_ptr<fleet::vehicles> make_vehicles(net::loop& loop, const time_source& time, fleet::vehicle_events& events,
                                               const run_plan& plan, fleet_partition partition,
                                               const target_endpoints& endpoints, const shard_limits& limits,
                                               fleet::external_programs* programs) {
    auto spec = plan.fleet_spec_of(partition);
    spec.programs = programs;
    spec.shards_of_process = partition.count / limits.process_partition.count;
    if (plan.scenario.fleet.link == fleet::link_kind::mqtt) {
        const bool own = plan.scenario.fleet.client == mqtt::client_kind::own;
        return (own ? fleet::make_mqtt_fleet : fleet::make_paho_fleet)(loop, events, spec, limits.connects_in_flight,
                                                                       endpoints.brokers, endpoints.vehicle_tls.get());
    }
    return fleet::make_broker_api_fleet(loop, time, events, spec, endpoints.broker_api, system_offset(time),
                                        limits.inbound_connections);
}

/// Null: no vehicle asks an external program.
std::unique_ptr<fleet::external_programs> make_programs(net::loop& loop, const run_plan& plan) {
    const auto programs = plan.programs();
    return programs.empty() ? nullptr : fleet::make_external_programs(loop, programs);
}

bool is_response_observer(const observer::options& o) { return std::holds_alternative<observer::response_options>(o); }

/// Trace function for API requests and responses; empty without a trace.
std::function<void(const http::request*, const http::response_view*)> http_trace(const run_plan& plan) {
    if (!plan.trace) return {};
    return [&plan](const http::request* request, const http::response_view* response) {
        if (request != nullptr)
            plan.trace({.kind = traced_message::direction::to_api,
                        .head = request->method + " " + request->target,
                        .body = request->body});
        if (response == nullptr) return;
        const auto head = std::to_string(response->status);
        const std::string body(response->status == 0 ? response->error : response->body);
        plan.trace({.kind = traced_message::direction::from_api, .head = head, .body = body});
        const auto& observers = plan.scenario.load.observers;
        for (std::uint32_t i = 0; i < observers.size(); ++i)
            if (is_response_observer(observers[i]))
                plan.trace({.kind = traced_message::direction::to_observer, .observer = i, .head = head, .body = body});
    };
}

/// A request of each service, to compare with the broker's limits.
std::vector<driver::mqtt_driver_setup::sample_request> sample_requests(const run_plan& plan) {
    std::vector<driver::mqtt_driver_setup::sample_request> made;
    for (const auto& s : plan.scenario.load.services) {
        auto& sample = made.emplace_back(driver::mqtt_driver_setup::sample_request{.service = s.platform_name()});
        plan.parameters.draw(arrival_id{0}, static_cast<std::uint32_t>(made.size() - 1), sample.parameters);
    }
    return made;
}

/// All arguments must outlive the driver. `observers`: receive the HTTP responses if a response observer is configured.
/// `match_stats`: field match statistics of the mqtt driver's event mapping.
std::unique_ptr<driver::driver> make_driver(net::loop& loop, driver::driver_events& events, shard_observers& observers,
                                            const run_plan& plan, const target_endpoints& endpoints,
                                            fleet_partition partition, std::uint32_t http_connections,
                                            contract::field_match_stats& match_stats) {
    const auto& load = plan.scenario.load;
    const auto fill_values = [&plan](request_key key, contract::template_values& values) {
        plan.fill(key.vehicle, values);
    };
    if (!endpoints.api)
        return driver::make_mqtt_driver(loop, events,
                                        {.options = load.mqtt,
                                         .protocol = plan.scenario.fleet.mqtt.session.protocol,
                                         .message_contract = *plan.message_contract,
                                         .client_id = fmt::format("{}-{}", endpoints.run_name, partition.index),
                                         .user = endpoints.broker_urls.front().user,
                                         .password = endpoints.broker_urls.front().password,
                                         .brokers = endpoints.brokers,
                                         .first_broker = partition.index,
                                         .seed = plan.scenario.seed,
                                         .fill_values = fill_values,
                                         .match_stats = &match_stats,
                                         .sample_vin = plan.vin_of(vehicle_id{0}),
                                         .sample_requests = sample_requests(plan)});
    auto api = *endpoints.api;
    api.max_connections = http_connections;
    driver::http_driver_setup setup{.api = std::move(api),
                                    .message_contract = *plan.message_contract,
                                    .auth = endpoints.auth,
                                    .seed = plan.scenario.seed,
                                    .trace_run =
                                        load.http.traceparent ? std::optional(endpoints.trace_run) : std::nullopt,
                                    .fill_values = fill_values,
                                    .on_response = {},
                                    .trace = http_trace(plan)};
    if (std::ranges::any_of(load.observers, is_response_observer))
        setup.on_response = [&observers](request_key key, const http::response_view& a, monotonic_time t) {
            observers.on_api_response(key.vehicle, a, t);
        };
    return driver::make_http_driver(loop, events, std::move(setup));
}

} // namespace

shard::shard(const run_plan& plan, const target_endpoints& endpoints, const time_source& time,
             fleet_partition partition, const shard_limits& limits, net::byte_tap* tap)
    : plan_(plan), time_(time), partition_(partition), loop_(time),
      ledger_(
          plan.labels, [&plan](vehicle_id v) { return plan.vin_of(v); }, plan.scenario.load.completion_timeout,
          plan.recording()),
      campaign_sender_(loop_, plan, time, partition, endpoints, limits.sends_campaigns), recorder_(plan, ledger_, time),
      taps_(plan, partition, time), programs_(make_programs(loop_, plan)),
      vehicles_(make_vehicles(loop_, time, recorder_, plan, partition, endpoints, limits, programs_.get())),
      observers_(loop_, plan, {.api = api_of(endpoints), .auth = endpoints.auth, .correlator = endpoints.correlator},
                 [this](vehicle_id v, const observer::completion& c) { recorder_.on_completion(v, c); }),
      driver_(make_driver(loop_, recorder_, observers_, plan, endpoints, partition, limits.http_connections,
                          driver_match_stats_)),
      dispatcher_(plan, partition, limits.process_partition, ledger_, *vehicles_, *driver_, time),
      due_timer_(loop_.io().get_executor()), delay_timer_(loop_.io().get_executor()) {
    recorder_.set_receivers(endpoints.api ? &observers_ : nullptr,
                            campaign_sender_.enabled() ? &campaign_sender_.ledger() : nullptr);
    recorder_.set_dispatcher(dispatcher_);
    if (!taps_.empty()) vehicles_->set_telemetry_listener(&taps_);
    if (programs_) ++pending_starts_;
    if (limits.open_requests != nullptr) ledger_.share_open_count(*limits.open_requests);
    loop_.tap = tap;
    loop_.message_step = scenario::message_step_of(plan.scenario);
    thread_ = std::thread([this] {
        try {
            loop_.run();
            stopped_ = true;
        } catch (const std::exception& exception) {
            end_program(exception); // without this shard the run's results would be invalid
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
        vehicles_->start();
        const auto ready = [this](const std::string& error) {
            if (error.empty())
                --pending_starts_;
            else if (error_.empty())
                error_ = error;
        };
        ready(observers_.start());
        driver_->start(ready);
        campaign_sender_.start(ready);
        if (programs_) programs_->start(ready);
    });
}

void shard::begin_load(monotonic_time start, const planned_load& load) {
    const auto first_request = start + plan_.begin_of_load();
    post([this, start, load, first_request] {
        const bool is_first = !std::exchange(load_begun_, true);
        if (is_first) {
            ledger_.set_start(start);
            taps_.begin_load(start);
            vehicles_->begin_load(start);
        }
        dispatcher_.begin(start, load);
        dispatch_due_arrivals();
        if (is_first) campaign_sender_.begin_load(start);
        loop_delay_.start(first_request, [start, schedule = load.schedule](monotonic_time at) {
            return schedule->phase_at(at - start);
        });
        sample_loop_delay();
    });
}

/// Dispatches arrivals that are due, then arms the timer for the next. If that is overdue, the timer fires after the events that
/// are ready now.
void shard::dispatch_due_arrivals() {
    const auto next = dispatcher_.dispatch_due();
    if (next == never) return;
    due_timer_.expires_at(next);
    due_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) dispatch_due_arrivals();
    });
}

void shard::sample_loop_delay() {
    loop_delay_.record(time_.now());
    delay_timer_.expires_at(loop_delay_.next());
    delay_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) sample_loop_delay();
    });
}

void shard::stop_arrivals() {
    post([this] {
        dispatcher_.stop();
        vehicles_->end_load();
        due_timer_.cancel();
        campaign_sender_.cancel_pending();
    });
}

void shard::expire_open_requests() {
    post([this] { ledger_.expire_all(time_.now()); });
}

void shard::flush_records() {
    post([this] { ledger_.flush_records(); });
}

std::future<measure::snapshot> shard::report() {
    auto promise = std::make_shared<std::promise<measure::snapshot>>();
    auto future = promise->get_future();
    post([this, promise] {
        const auto now = time_.now();
        ledger_.expire_requests(now);
        observers_.expire(now - scenario::longest_completion_timeout(plan_.scenario.load), now);
        cpu_s_ = thread_cpu_seconds();
        promise->set_value(collect());
    });
    return future;
}

/// A condition ends before the drain does: its vehicles may still come back.
bool shard::condition_ends_in_drain() {
    const auto next = vehicles_->next_condition_event();
    return next && *next <= plan_.end_of_load() + plan_.scenario.load.drain;
}

measure::snapshot shard::collect() {
    measure::snapshot r;
    r.counts = ledger_.take_counts();
    r.counts.phase_loop_delay = loop_delay_.take_samples();
    for (const auto& samples : r.counts.phase_loop_delay) r.counts.loop_delay.merge(samples);
    auto observed = vehicles_->take_counts();
    r.counts.sessions = std::move(observed.sessions);
    r.counts.recoveries = std::move(observed.recoveries);
    r.counts.telemetry = std::move(observed.telemetry);
    r.counts.backlogs = std::move(observed.backlogs);
    if (programs_) r.counts.programs = programs_->take_counts();
    r.counts.http = driver_->take_counts();
    r.counts.broker_api = std::move(observed.broker_api);
    r.counts.campaigns = campaign_sender_.take_counts(r.counts.unmatched_fields);
    for (const auto& sentence : vehicles_->take_unmatched_fields()) ++r.counts.unmatched_fields[sentence];
    for (const auto& sentence : driver_match_stats_.take_unmatched()) ++r.counts.unmatched_fields[sentence];
    observers_.take_counts(r.counts);
    taps_.take_counts(r.counts);
    add(r.counts.broker_limits, observed.broker_limits);
    add(r.counts.broker_limits, driver_->take_broker_limits());
    add(r.counts.broker_limits, campaign_sender_.take_broker_limits());
    const auto traffic = loop_.traffic;
    r.counts.messages = {.published = traffic.published - previous_traffic_.published,
                         .received = traffic.received - previous_traffic_.received,
                         .bytes_sent = traffic.bytes_sent - previous_traffic_.bytes_sent,
                         .bytes_received = traffic.bytes_received - previous_traffic_.bytes_received,
                         .published_steps = traffic.published_steps - previous_traffic_.published_steps,
                         .received_steps = traffic.received_steps - previous_traffic_.received_steps};
    r.counts.sessions.tls.bytes_sent = traffic.tls_bytes_sent - previous_traffic_.tls_bytes_sent;
    r.counts.sessions.tls.bytes_received = traffic.tls_bytes_received - previous_traffic_.tls_bytes_received;
    previous_traffic_ = traffic;
    r.sessions_planned = vehicles_->expected_online();
    r.sessions_online = vehicles_->online();
    r.vehicles = vehicles_->states();
    r.vehicles.busy = ledger_.busy_count();
    r.in_flight = ledger_.open_count();
    r.waiting = ledger_.waiting_count();
    r.over_limit = open_requests_over_limit(ledger_, plan_.recovery_budget, plan_.labels, time_.now());
    if (dispatcher_.all_due())
        r.awaited = ledger_.missing_count() + campaign_sender_.ledger().awaited() + vehicles_->returning() +
                    taps_.awaited(time_.now()) + (vehicles_->awaits_telemetry() ? 1U : 0U) +
                    (condition_ends_in_drain() ? 1U : 0U);
    r.all_due = dispatcher_.all_due() && vehicles_->all_telemetry_due();
    r.setup_error = error_.empty() ? vehicles_->refusal() : error_;
    if (r.setup_error.empty() && programs_ && !load_begun_) r.setup_error = programs_->problem();
    r.driver_ready = pending_starts_ == 0;
    r.cpu_s = cpu_s_;
    return r;
}

void shard::begin_stop() {
    if (std::exchange(stopping_, true)) return;
    post([this] {
        due_timer_.cancel();
        delay_timer_.cancel();
        ledger_.finish(time_.now());
        driver_->stop();
        observers_.stop();
        campaign_sender_.stop();
        vehicles_->stop();
        taps_.finish();
        cpu_s_ = thread_cpu_seconds();
        if (!programs_) return loop_.stop();
        programs_->stop([this] { loop_.stop(); });
    });
}

measure::snapshot shard::last_report() {
    if (thread_.joinable()) thread_.join();
    return collect();
}

void shard::on_completion(std::optional<vehicle_id> v, observer::completion completion) {
    post([this, v, completion = std::move(completion)] { recorder_.on_completion(v, completion); });
}

void shard::on_malformed_event(std::string why, monotonic_time at) {
    post([this, why = std::move(why), at] {
        ledger_.record_anomaly(anomaly::malformed_payload, std::nullopt, {}, why, at);
    });
}

void shard::on_response(vehicle_id v, observer::observed_response response) {
    post([this, v, response = std::move(response)] {
        ledger_.response_observed(v, response.sequence, response.request, response.at);
    });
}

void shard::on_tapped(std::uint32_t tap, std::vector<measure::consumed_record> records) {
    post([this, tap, records = std::move(records)] { taps_.consumed(tap, records); });
}

void shard::on_tap_connected(std::uint32_t tap, bool connected) {
    post([this, tap, connected] { taps_.set_connected(tap, connected); });
}

void shard::wake(vehicle_id v) {
    post([this, v] { vehicles_->wake(v); });
}

void shard::deliver(vehicle_id v, fleet::delivered_command command) {
    post([this, v, command = std::move(command)]() mutable { vehicles_->deliver(v, std::move(command)); });
}

void shard::on_broker_down(std::uint32_t condition, std::uint32_t occurrence) {
    post([this, condition, occurrence] { vehicles_->on_broker_down(condition, occurrence); });
}

void shard::on_broker_up(std::uint32_t condition) {
    post([this, condition] { vehicles_->on_broker_up(condition); });
}

} // namespace loadsim::run
