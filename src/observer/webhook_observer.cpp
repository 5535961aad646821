#include "webhook_observer.hpp"

#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::observer {

webhook_observer::webhook_observer(const webhook_options& wanted, on_completion handler, std::uint32_t index)
    : options_(wanted), options_path_(observer_options_path(index, "webhook")), sink_(std::move(handler), index) {}

webhook_observer::~webhook_observer() { stop(); }

result<void> webhook_observer::start() {
    auto made = webhook_handler::make(options_, options_path_);
    if (!made) return made.error();
    handler_.emplace(std::move(*made));
    const auto at = net::parse_listen_address(options_.listen);
    if (!at) return problems{options_path_ + ".listen", at.error().list.front().text};
    http::server_options limits;
    limits.limits.body = webhook_handler::body_limit;
    auto listener =
        http::listener::start(*at, limits, [this](const http::request_view& r) { return handle_request(r); });
    if (!listener) {
        const auto why = listener.error().list.front();
        return problems{options_path_ + ".listen", fmt::format("{}: {}", why.location, why.text)};
    }
    listener_.emplace(std::move(*listener));
    return {};
}

void webhook_observer::stop() {
    if (!listener_) return;
    count_server_rejections();
    listener_.reset();
}

http::server_response webhook_observer::handle_request(const http::request_view& r) {
    const auto now = std::chrono::steady_clock::now();
    auto decided = sink_.with_match_stats(
        [&](contract::field_match_stats& match_stats) { return handler_->handle(r, &match_stats); });
    if (decided.is_authenticated)
        sink_.trace(r.target, r.body);
    else
        sink_.trace(fmt::format("{}: refused: {}", r.target, decided.refused), {});
    for (auto& event : decided.events) sink_.deliver(std::move(event), {}, now);
    for (; decided.unmapped != 0; --decided.unmapped)
        sink_.deliver(std::nullopt, options_path_ + ": a call without the id of its request", now);
    if (!decided.is_authenticated) sink_.count_rejected(std::string(decided.refused));
    return std::move(decided.response);
}

/// Adds the requests rejected by the HTTP server itself.
void webhook_observer::count_server_rejections() {
    const auto now = listener_->counts();
    sink_.count_rejected(std::string(webhook_handler::too_large), now.oversized - last_counts_.oversized);
    sink_.count_rejected("not HTTP",
                         (now.malformed - now.oversized) - (last_counts_.malformed - last_counts_.oversized));
    sink_.count_rejected("idle or too slow", now.timed_out - last_counts_.timed_out);
    sink_.count_rejected("too many connections", now.rejected - last_counts_.rejected);
    last_counts_ = now;
}

counts webhook_observer::take_counts() {
    if (listener_) count_server_rejections();
    return sink_.take_counts();
}

std::string webhook_observer::url() const {
    if (!options_.url.empty()) return options_.url;
    return listener_ ? listener_->url() + options_.path : std::string{};
}

std::string webhook_observer::notice() const {
    if (!listener_) return {};
    const auto bound = listener_->url() + options_.path;
    return fmt::format("webhook: listens on {}{}{}", bound,
                       url() == bound ? "" : fmt::format("; its URL for the platform is {}", url()),
                       options_.secret || options_.hmac ? "" : "; it has no secret: every call is accepted");
}

} // namespace loadsim::observer
