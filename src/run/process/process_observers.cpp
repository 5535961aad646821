#include "process/process_observers.hpp"

#include "run_plan.hpp"
#include "shard/shard_observers.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

constexpr std::uint64_t first_message_stream = ~std::uint64_t{0} >> 1U; ///< random stream of first messages

template <class Kind>
bool is(const observer::options& o) {
    return std::holds_alternative<Kind>(o);
}

} // namespace

bool receives_messages_of_all_ranks(const observer::options& o, own_target own) {
    // A webhook has a URL of its own in each rank.
    return (!own.broker && is<observer::mqtt_options>(o)) ||
           (is<observer::kafka_observer_options>(o) &&
            (!own.bus || !std::get<observer::kafka_observer_options>(o).consumer.connection.brokers.empty())) ||
           (!own.api && (is<observer::sse_options>(o) || is<observer::websocket_options>(o)));
}

process_observers::process_observers(const scenario::scenario_config& scenario) : scenario_(scenario) {}
process_observers::~process_observers() { stop(); }

result<void> process_observers::open(net::byte_tap* tap) {
    if (scenario_.load.driver == driver::kind::mqtt) return {};
    const auto& all = scenario_.load.observers;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (!is<observer::webhook_options>(all[i])) continue;
        auto created = observer::make_observer(
            all[i], {.api = {.limits = scenario_.load.http.limits}, .tap = tap},
            [this](auto completion, const std::string& why) { on_completion(std::move(completion), why); }, i);
        attach_trace(*created, i);
        if (const auto started = created->start(); !started) return started.error();
        listeners_.push_back({std::move(created), i});
    }
    return {};
}

void process_observers::set_handlers(completion_handler completion, observer::on_vehicle_response response) {
    const std::lock_guard lock(mutex_);
    on_completion_ = std::move(completion);
    on_response_ = std::move(response);
}

void process_observers::set_trace(trace_handler trace) {
    const std::lock_guard lock(mutex_);
    trace_ = std::move(trace);
}

void process_observers::attach_trace(observer::observer& o, std::uint32_t index) {
    o.set_trace([this, index](std::string_view where, std::string_view text) {
        const std::lock_guard lock(mutex_);
        if (trace_) trace_(index, where, text);
    });
}

result<void> process_observers::start(const observer::observer_context& where,
                                      const std::vector<rendered_texts>& rendered) {
    auto context = where;
    if (scenario_.load.check_response_sequence)
        context.response_handler = [this](observer::observed_response w) { on_response(std::move(w)); };
    const auto& all = scenario_.load.observers;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (is<observer::webhook_options>(all[i])) continue;
        auto options = all[i];
        if (auto* sse = std::get_if<observer::sse_options>(&options)) sse->path = rendered.at(i).path;
        if (auto* socket = std::get_if<observer::websocket_options>(&options)) {
            socket->path = rendered.at(i).path;
            context.subscribe = rendered.at(i).first_message;
        }
        auto created = observer::make_observer(
            options, context,
            [this](auto completion, const std::string& why) { on_completion(std::move(completion), why); }, i);
        if (!created) continue; // a shard-local observer
        if (is<observer::mqtt_options>(all[i])) context.response_handler = {};
        attach_trace(*created, i);
        if (const auto started = created->start(); !started) return started.error();
        clients_.push_back({std::move(created), i});
    }
    if (!context.response_handler) return {};
    response_listener_ = observer::make_response_listener(context);
    return response_listener_->start();
}

void process_observers::stop() {
    for (const auto& o : clients_) o.observer->stop();
    for (const auto& o : listeners_) o.observer->stop();
    if (response_listener_) response_listener_->stop();
}

std::string process_observers::webhook_url() const {
    return listeners_.empty() ? std::string{} : listeners_.front().observer->url();
}

std::vector<std::string> process_observers::notices() const {
    std::vector<std::string> all;
    for (const auto& o : listeners_) all.push_back(o.observer->notice());
    std::erase(all, std::string{});
    return all;
}

void process_observers::take_counts(measure::totals& into,
                                    const std::function<bool(const observer::options&)>& counts_messages) {
    for (const auto* all : {&listeners_, &clients_})
        for (const auto& o : *all) {
            auto counts = o.observer->take_counts();
            if (!counts_messages(scenario_.load.observers[o.index])) {
                counts.messages = 0;
                counts.refused.clear();
            }
            add_observer_counts(counts, o.index, into);
        }
    if (response_listener_) loadsim::add(into.broker_limits, response_listener_->take_counts().broker_limits);
}

void process_observers::on_completion(std::optional<observer::completion> completion, const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (on_completion_) on_completion_(std::move(completion), why);
}

void process_observers::on_response(observer::observed_response w) {
    const std::lock_guard lock(mutex_);
    if (on_response_) on_response_(std::move(w));
}

std::vector<process_observers::rendered_texts> rendered_texts_of(const run_plan& plan) {
    std::vector<process_observers::rendered_texts> rendered;
    random_stream rng(plan.scenario.seed, stream_id::template_value, first_message_stream);
    contract::template_values values{.webhook_url = plan.webhook_url, .broker_api_url = plan.broker_api_url};
    values.captured = plan.captured;
    values.now_us = system_time_us();
    values.random = &rng;
    for (const auto& texts : plan.compiled.observers) {
        const bool of_request = texts.path.uses(contract::variable::request_id);
        rendered.push_back(
            {of_request ? std::string{} : texts.path.rendered(values), texts.subscribe_message.rendered(values)});
    }
    return rendered;
}

bool needs_correlation(const scenario::scenario_config& scenario) {
    return std::ranges::any_of(scenario.load.observers, [](const observer::options& o) {
        return std::visit(
            [](const auto& one) {
                if constexpr (requires { one.reading; }) return one.reading.vin.empty();
                return false;
            },
            o);
    });
}

} // namespace loadsim::run
