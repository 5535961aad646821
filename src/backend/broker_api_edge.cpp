#include "broker_api_edge.hpp"

#include "saying_again.hpp"

#include <loadsim/contract/topics.hpp>
#include <loadsim/net/options.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::uint32_t event_tries = 5;

std::string with_vin(std::string path, std::string_view vin) {
    constexpr std::string_view hole = "{vin}";
    for (auto at = path.find(hole); at != std::string::npos; at = path.find(hole, at + vin.size()))
        path.replace(at, hole.size(), vin);
    return path;
}

} // namespace

class broker_api_edge::line final : private http::client_events {
public:
    explicit line(broker_api_edge& owner) : owner_(owner) {}

    problems open(const std::string& url, const std::string& what) {
        auto base = net::parse_api_url(url);
        if (!base) return problems(what, base.error().list.front().text);
        root_ = base->path.empty() ? "/" : "";
        auto made = http::client::make(owner_.loop_, *this,
                                       {.bases = {std::move(*base)},
                                        .connections = owner_.options_.connections,
                                        .timeout = owner_.options_.timeout,
                                        .keep_headers = true});
        if (!made) return made.error();
        client_ = std::move(*made);
        return {};
    }

    void send(std::uint64_t handed, const http::request& r) { client_->send(handed, r); }
    void stop() { client_->stop(); }
    /// The URL's own path as a target.
    const std::string& root() const { return root_; }

private:
    void on_answer(std::uint64_t handed, const http::answer& a) override { owner_.answered(handed, a); }

    broker_api_edge& owner_;
    std::string root_;
    std::unique_ptr<http::client> client_;
};

/// A timer, for when it is posted again.
class broker_api_edge::posting final : public net::timer {
public:
    posting(broker_api_edge& owner, line& to, std::uint64_t handed, http::request r, monotonic_time until, bool command)
        : owner_(owner), to_(to), handed_(handed), request_(std::move(r)), until_(until), command_(command) {}

    void send() {
        ++tries_;
        to_.send(handed_, request_);
    }
    /// nullopt: it is not worth it.
    std::optional<nanoseconds> again_after(const http::answer& a, monotonic_time now) const {
        const auto wait = say_again_after(a.status, a.header("Retry-After"), tries_);
        if (!wait || (!command_ && tries_ >= event_tries)) return std::nullopt;
        return until_ != never && now + *wait >= until_ ? std::nullopt : wait;
    }

private:
    void on_timer(monotonic_time) override { owner_.post_again(*this); }

    broker_api_edge& owner_;
    line& to_;
    std::uint64_t handed_;
    http::request request_;
    monotonic_time until_;
    bool command_;
    std::uint32_t tries_ = 0;
};

result<std::unique_ptr<broker_api_edge>> broker_api_edge::make(net::loop& loop, const broker_api_options& o,
                                                               std::function<void(broker_input)> on_input) {
    std::unique_ptr<broker_api_edge> made(new broker_api_edge(loop, o, std::move(on_input)));
    problems wrong;
    made->commands_ = std::make_unique<line>(*made);
    wrong.add(made->commands_->open(o.url, "broker's API"));
    if (!o.events.empty()) {
        made->events_ = std::make_unique<line>(*made);
        wrong.add(made->events_->open(o.events, "events' URL"));
    }
    if (!wrong.empty()) return wrong;
    made->tell_later(broker_connected{});
    return made;
}

broker_api_edge::broker_api_edge(net::loop& loop, const broker_api_options& o,
                                 std::function<void(broker_input)> on_input)
    : loop_(loop), options_(o), on_input_(std::move(on_input)) {}

broker_api_edge::~broker_api_edge() { *alive_ = false; }

bool broker_api_edge::publish(ticket handed, const outgoing& message, std::uint32_t) {
    const auto vin = contract::vin_of(message.topic);
    if (!vin || message.topic.starts_with(contract::response_topic(*vin, {}))) {
        tell_later(vehicle_message{message.topic, message.payload});
        tell_later(publish_confirmed{handed});
    } else if (message.topic != contract::event_topic(*vin)) {
        post_to(*commands_, handed, message, with_vin(options_.path, *vin));
    } else if (events_) {
        post_to(*events_, handed, message, events_->root());
    } else {
        tell_later(publish_confirmed{handed});
    }
    return true;
}

void broker_api_edge::post_to(line& to, ticket handed, const outgoing& message, std::string target) {
    http::request r{.method = "POST",
                    .target = std::move(target),
                    .headers = {{"Content-Type", "application/json"}},
                    .body = message.payload};
    const auto number = static_cast<std::uint64_t>(handed);
    auto& one = under_way_[number];
    one = std::make_unique<posting>(*this, to, number, std::move(r), message.expires, &to == commands_.get());
    one->send();
}

void broker_api_edge::answered(std::uint64_t handed, const http::answer& a) {
    const auto at = under_way_.find(handed);
    if (at == under_way_.end()) return;
    if (a.status >= 200 && a.status < 300) return done(handed, publish_confirmed{ticket{handed}});
    trouble_ = a.status != 0 ? fmt::format("HTTP {}", a.status) : std::string(a.trouble);
    const auto wait = at->second->again_after(a, loop_.now());
    if (!wait) return done(handed, publish_failed{ticket{handed}, true});
    loop_.arm(*at->second, loop_.now() + *wait);
}

void broker_api_edge::post_again(posting& one) {
    ++said_again_;
    one.send();
}

void broker_api_edge::done(std::uint64_t handed, broker_input what) {
    under_way_.erase(handed);
    on_input_(std::move(what));
}

void broker_api_edge::tell_later(broker_input what) {
    boost::asio::post(loop_.io(), [this, alive = alive_, what = std::move(what)]() mutable {
        if (*alive) on_input_(std::move(what));
    });
}

void broker_api_edge::stop() {
    commands_->stop();
    if (events_) events_->stop();
    under_way_.clear();
}

} // namespace loadsim::backend
