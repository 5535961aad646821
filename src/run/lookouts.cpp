#include "lookouts.hpp"

#include "account_of_observer.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/observe/response.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <variant>

namespace loadsim::run {
namespace {

constexpr std::uint64_t poll_texts = std::uint64_t{1} << 62U; ///< draws of a poll's path, away from the requests'

} // namespace

lookouts::lookouts(net::loop& loop, const shared_plan& plan, const setting& in, observe::on_end tell)
    : loop_(loop), plan_(plan), api_(in.api), way_in_(in.way_in), claims_(in.claims), tell_(std::move(tell)) {}

std::string lookouts::start() {
    const auto& all = plan_.scenario.load.observers;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (const auto* o = std::get_if<observe::poll_options>(&all[i])) {
            auto made = observe::poller::make(loop_, *o, api_, drive::signs_now(way_in_), tell_, i);
            if (!made) return to_string(made.error());
            if (plan_.trace)
                (*made)->overhear([this, i](std::string_view where, std::string_view text) {
                    plan_.trace({.what = utterance::way::to_observer,
                                 .observer = i,
                                 .head = std::string(where),
                                 .body = std::string(text)});
                });
            polls_.push_back({std::move(*made), i});
        } else if (const auto* r = std::get_if<observe::response_options>(&all[i])) {
            auto made = observe::reading_of_an_answer(r->reading, fmt::format("load.observers[{}].response", i));
            if (!made) return to_string(made.error());
            responses_.push_back({.reading = std::move(*made), .fit = {}, .seen = {}, .index = i});
        } else if (const auto* n = std::get_if<observe::none_options>(&all[i])) {
            listening_.push_back(std::make_unique<observe::last_words>(
                *n, [this](net::timer& t, monotonic_time when) { loop_.arm(t, when); }, tell_, i));
        }
    }
    return {};
}

void lookouts::stop() {
    for (const auto& p : polls_) p.asks->stop();
}

void lookouts::accepted(vehicle_id v, arrival_id arrival, std::string_view request, std::string_view service,
                        monotonic_time t) {
    if (claims_ != nullptr)
        for (auto& waited : claims_->accepted(request, v, t)) tell_(v, std::move(waited));
    for (const auto& l : listening_) l->accepted(v, request, t);
    if (!responses_.empty()) accepted_last_ = request;
    if (claims_ != nullptr || !polls_.empty()) followed_.push_back({t, std::string(request)});
    if (polls_.empty()) return;
    const auto vin = plan_.vin_of(v);
    draws chance(plan_.scenario.seed, stream::text, poll_texts + number(arrival));
    contract::values about{.vin = vin, .request_id = request, .service = service, .arrival = number(arrival)};
    about.now_us = wall_us();
    about.draw = &chance;
    plan_.fill(v, about);
    for (const auto& p : polls_) p.asks->follow(v, request, plan_.words.of_observers[p.index].path.rendered(about), t);
}

void lookouts::answered(vehicle_id v, const http::answer& a, monotonic_time t) {
    for (auto& r : responses_) {
        ++r.seen.messages;
        auto seen = observe::end_in_response(r.reading, a.body, a.headers, t, r.index, &r.fit);
        if (!seen) continue;
        ++r.seen.ends;
        seen->request = accepted_last_;
        tell_(v, std::move(*seen));
    }
}

void lookouts::finished(vehicle_id v, std::string_view request, outcome end, std::string_view code, monotonic_time t) {
    for (const auto& l : listening_) l->said(v, request, end, code, t);
}

void lookouts::forget(monotonic_time before, monotonic_time now) {
    for (; !followed_.empty() && followed_.front().accepted <= before; followed_.pop_front()) {
        const auto& request = followed_.front().request;
        for (const auto& p : polls_) p.asks->forget(request);
        if (claims_ != nullptr) claims_->ended(request, now);
    }
}

void lookouts::take(std::map<std::uint32_t, measure::observer_counts>& into,
                    std::map<std::string, std::uint64_t>& misfits) {
    for (const auto& p : polls_) add_account(p.asks->take(), p.index, into, misfits);
    for (auto& r : responses_) {
        auto seen = std::exchange(r.seen, {});
        seen.misfits = r.fit.take();
        add_account(std::move(seen), r.index, into, misfits);
    }
}

} // namespace loadsim::run
