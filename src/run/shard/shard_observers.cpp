#include "shard/shard_observers.hpp"

#include <loadsim/base/counters.hpp>
#include <loadsim/base/random.hpp>
#include <loadsim/observer/http_response_observer.hpp>
#include <loadsim/scenario/compiled_scenario.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

constexpr std::uint64_t poll_stream = std::uint64_t{1} << 62U; ///< random stream of poll paths

} // namespace

void add_observer_counts(const observer::counts& counts, std::uint32_t index, measure::totals& into) {
    auto& observed = into.observers[index];
    observed.received += counts.messages;
    add(observed.rejections, counts.refused);
    add(observed.addresses, counts.addresses);
    add(observed.connection_errors, counts.connection_errors);
    add(into.broker_limits, counts.broker_limits);
    for (const auto& sentence : counts.unmatched_fields) ++into.unmatched_fields[sentence];
}

shard_observers::shard_observers(net::loop& loop, const run_plan& plan, const dependencies& in,
                                 observer::on_vehicle_completion on_completion)
    : loop_(loop), plan_(plan), api_(in.api), auth_(in.auth), correlator_(in.correlator),
      on_completion_(std::move(on_completion)) {}

std::string shard_observers::start() {
    const auto& all = plan_.scenario.load.observers;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (const auto* o = std::get_if<observer::poll_options>(&all[i])) {
            auto created = observer::poll_observer::make(loop_, *o, api_, driver::signer(auth_), on_completion_, i);
            if (!created) return to_string(created.error());
            if (plan_.trace)
                (*created)->set_trace([this, i](std::string_view where, std::string_view text) {
                    plan_.trace({.kind = traced_message::direction::to_observer,
                                 .observer = i,
                                 .head = std::string(where),
                                 .body = std::string(text)});
                });
            polls_.push_back({std::move(*created), i});
        } else if (const auto* r = std::get_if<observer::response_options>(&all[i])) {
            auto created =
                observer::compile_response_mapping(r->reading, fmt::format("load.observers[{}].response", i));
            if (!created) return to_string(created.error());
            responses_.push_back({.mapping = std::move(*created), .match_stats = {}, .counts = {}, .index = i});
        } else if (const auto* n = std::get_if<observer::none_options>(&all[i])) {
            completion_observers_.push_back(std::make_unique<observer::vehicle_completion_observer>(
                *n, [this](net::timer& t, monotonic_time when) { loop_.arm(t, when); }, on_completion_, i));
        }
    }
    return {};
}

void shard_observers::stop() {
    for (const auto& p : polls_) p.observer->stop();
}

void shard_observers::on_accepted(vehicle_id v, arrival_id arrival, std::string_view request, std::uint32_t service,
                                  monotonic_time t) {
    if (correlator_ != nullptr)
        for (auto& completion : correlator_->on_accepted(request, v, t)) on_completion_(v, std::move(completion));
    for (const auto& l : completion_observers_) l->on_accepted(v, request, t);
    if (!responses_.empty()) last_accepted_ = request;
    if (correlator_ != nullptr || !polls_.empty()) tracked_requests_.push_back({t, std::string(request)});
    if (polls_.empty()) return;
    const auto vin = plan_.vin_of(v);
    random_stream rng(plan_.scenario.seed, stream_id::template_value, poll_stream + number(arrival));
    plan_.parameters.draw(arrival, service, parameters_);
    contract::template_values values{.vin = vin,
                                     .request_id = request,
                                     .service = plan_.labels.platform_service(service),
                                     .arrival = number(arrival),
                                     .parameters = parameters_};
    values.now_us = system_time_us();
    values.random = &rng;
    plan_.fill(v, values);
    for (const auto& p : polls_)
        p.observer->start_polling(v, request, plan_.compiled.observers[p.index].path.rendered(values), t);
}

void shard_observers::on_identified(vehicle_id v, std::string_view request) {
    for (const auto& l : completion_observers_) l->on_identified(v, request);
}

void shard_observers::on_api_response(vehicle_id v, const http::response_view& a, monotonic_time t) {
    for (auto& r : responses_) {
        ++r.counts.messages;
        auto observed = observer::completion_in_http_response(r.mapping, a.body, a.headers, t, r.index, &r.match_stats);
        if (!observed) continue;
        ++r.counts.completions;
        observed->request = last_accepted_;
        on_completion_(v, std::move(*observed));
    }
}

void shard_observers::on_finished(vehicle_id v, std::string_view request, outcome end, std::string_view code,
                                  monotonic_time t) {
    for (const auto& l : completion_observers_) l->on_final_response(v, request, end, code, t);
}

void shard_observers::expire(monotonic_time before, monotonic_time now) {
    for (; !tracked_requests_.empty() && tracked_requests_.front().accepted <= before; tracked_requests_.pop_front()) {
        const auto& request = tracked_requests_.front().request;
        for (const auto& p : polls_) p.observer->stop_polling(request);
        if (correlator_ != nullptr) correlator_->on_completed(request, now);
    }
}

void shard_observers::take_counts(measure::totals& into) {
    for (const auto& p : polls_) add_observer_counts(p.observer->take_counts(), p.index, into);
    for (auto& r : responses_) {
        auto observed = std::exchange(r.counts, {});
        observed.unmatched_fields = r.match_stats.take_unmatched();
        add_observer_counts(observed, r.index, into);
    }
}

} // namespace loadsim::run
