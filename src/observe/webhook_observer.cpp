#include "webhook_observer.hpp"

#include <loadsim/net/options.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::observe {

webhook_observer::webhook_observer(const webhook_options& wanted, on_event tell, std::uint32_t index)
    : options_(wanted), place_(place_of(index, "webhook")), ear_(std::move(tell), index) {}

webhook_observer::~webhook_observer() { stop(); }

result<void> webhook_observer::start() {
    auto edge = webhook_edge::make(options_, place_);
    if (!edge) return edge.error();
    edge_.emplace(std::move(*edge));
    const auto at = net::parse_listen_address(options_.listen);
    if (!at) return problems{place_ + ".listen", at.error().list.front().text};
    http::server_options limits;
    limits.limits.body = webhook_edge::body_limit;
    auto listener = http::listener::start(*at, limits, [this](const http::incoming& r) { return answer(r); });
    if (!listener) {
        const auto why = listener.error().list.front();
        return problems{place_ + ".listen", fmt::format("{}: {}", why.place, why.text)};
    }
    listener_.emplace(std::move(*listener));
    return {};
}

void webhook_observer::stop() {
    if (!listener_) return;
    count_refused();
    listener_.reset();
}

http::reply webhook_observer::answer(const http::incoming& r) {
    const auto now = std::chrono::steady_clock::now();
    auto decided = ear_.with_fit([&](contract::fit& fit) { return edge_->decide(r, &fit); });
    if (decided.is_proven)
        ear_.pass_on(r.target, r.body);
    else
        ear_.pass_on(fmt::format("{}: refused: {}", r.target, decided.refused), {});
    for (auto& said : decided.said) ear_.tell(std::move(said), {}, now);
    for (; decided.unread != 0; --decided.unread)
        ear_.tell(std::nullopt, place_ + ": a call that does not say which request it is of", now);
    if (!decided.is_proven) ear_.refuse(std::string(decided.refused));
    return std::move(decided.answer);
}

/// What the server has turned away by itself.
void webhook_observer::count_refused() {
    const auto now = listener_->figures();
    ear_.refuse(std::string(webhook_edge::too_large), now.oversized - counted_.oversized);
    ear_.refuse("not HTTP", (now.malformed - now.oversized) - (counted_.malformed - counted_.oversized));
    ear_.refuse("idle or too slow", now.timed_out - counted_.timed_out);
    ear_.refuse("too many connections", now.turned_away - counted_.turned_away);
    counted_ = now;
}

counts webhook_observer::take() {
    if (listener_) count_refused();
    return ear_.take();
}

std::string webhook_observer::url() const {
    if (!options_.url.empty()) return options_.url;
    return listener_ ? listener_->url() + options_.path : std::string{};
}

std::string webhook_observer::said() const {
    if (!listener_) return {};
    const auto bound = listener_->url() + options_.path;
    return fmt::format("webhook: listens on {}{}{}", bound,
                       url() == bound ? "" : fmt::format("; the platform is told {}", url()),
                       options_.secret || options_.hmac ? "" : "; it has no secret: whoever reaches it is believed");
}

} // namespace loadsim::observe
