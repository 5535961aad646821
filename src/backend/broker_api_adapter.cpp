#include "broker_api_adapter.hpp"

#include <loadsim/backend/default_protocol.hpp>
#include <loadsim/base/encoding.hpp>
#include <loadsim/net/url.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::uint32_t event_attempts_max = 5;
constexpr nanoseconds first_delay = std::chrono::milliseconds{200};
constexpr nanoseconds delay_max = std::chrono::seconds{5};
constexpr std::int64_t retry_after_max_s = 3'600; ///< limit of Retry-After

std::string with_vin(std::string path, std::string_view plain_vin) {
    const auto vin = percent_encode(plain_vin, url_part::component);
    constexpr std::string_view placeholder = "{vin}";
    for (auto at = path.find(placeholder); at != std::string::npos; at = path.find(placeholder, at + vin.size()))
        path.replace(at, placeholder.size(), vin);
    return path;
}

} // namespace

std::optional<nanoseconds> retry_delay(unsigned status, std::string_view retry_after, std::uint32_t attempts) {
    const bool retryable = status == 0 || status == 408 || status == 429 || status >= 500;
    if (!retryable) return std::nullopt;
    const nanoseconds backoff = std::min(delay_max, first_delay * (std::int64_t{1} << std::min(attempts, 5U)) / 2);
    std::int64_t requested = 0;
    const auto* end = retry_after.data() + retry_after.size();
    if (std::from_chars(retry_after.data(), end, requested).ptr != end || requested < 0) return backoff;
    return std::max<nanoseconds>(backoff, std::chrono::seconds{std::min(requested, retry_after_max_s)});
}

class broker_api_adapter::api_client final : private http::client_events {
public:
    explicit api_client(broker_api_adapter& owner) : owner_(owner) {}

    problems open(const std::string& url, const std::string& what) {
        auto base = net::parse_api_url(url);
        if (!base) return problems(what, base.error().list.front().text);
        root_ = base->path.empty() ? "/" : "";
        auto made = http::client::make(owner_.loop_, *this,
                                       {.base_urls = {std::move(*base)},
                                        .max_connections = owner_.options_.connections,
                                        .timeout = owner_.options_.timeout,
                                        .keep_headers = true});
        if (!made) return made.error();
        client_ = std::move(*made);
        return {};
    }

    void send(std::uint64_t id, const http::request& r) { client_->send(id, r); }
    void stop() { client_->stop(); }
    /// Request target that addresses the path of the URL itself.
    const std::string& root() const { return root_; }

private:
    void on_response(std::uint64_t id, const http::response_view& a) override { owner_.on_response(id, a); }

    broker_api_adapter& owner_;
    std::string root_;
    std::unique_ptr<http::client> client_;
};

/// Delivery of one message; the timer fires for the next attempt.
class broker_api_adapter::delivery final : public net::timer {
public:
    delivery(broker_api_adapter& owner, api_client& client, std::uint64_t id, http::request r, monotonic_time until,
             bool command)
        : owner_(owner), client_(client), id_(id), request_(std::move(r)), until_(until), command_(command) {}

    void send() {
        ++attempts_;
        client_.send(id_, request_);
    }
    /// Delay before the next attempt; nullopt: give up.
    std::optional<nanoseconds> next_retry(const http::response_view& a, monotonic_time now) const {
        const auto delay = retry_delay(a.status, a.header("Retry-After"), attempts_);
        if (!delay || (!command_ && attempts_ >= event_attempts_max)) return std::nullopt;
        return until_ != never && now + *delay >= until_ ? std::nullopt : delay;
    }

private:
    void on_timer(monotonic_time) override { owner_.retry(*this); }

    broker_api_adapter& owner_;
    api_client& client_;
    std::uint64_t id_;
    http::request request_;
    monotonic_time until_;
    bool command_;
    std::uint32_t attempts_ = 0;
};

result<std::unique_ptr<broker_api_adapter>> broker_api_adapter::make(net::loop& loop, const broker_api_options& o,
                                                                     std::function<void(broker_input)> on_input) {
    std::unique_ptr<broker_api_adapter> made(new broker_api_adapter(loop, o, std::move(on_input)));
    problems wrong;
    made->commands_ = std::make_unique<api_client>(*made);
    wrong.add(made->commands_->open(o.url, "broker's API"));
    if (!o.events.empty()) {
        made->events_ = std::make_unique<api_client>(*made);
        wrong.add(made->events_->open(o.events, "events' URL"));
    }
    if (!wrong.empty()) return wrong;
    made->defer_input(broker_connected{});
    return made;
}

broker_api_adapter::broker_api_adapter(net::loop& loop, const broker_api_options& o,
                                       std::function<void(broker_input)> on_input)
    : loop_(loop), options_(o), on_input_(std::move(on_input)) {}

broker_api_adapter::~broker_api_adapter() { *alive_ = false; }

bool broker_api_adapter::publish(send_id id, const outbox_message& message, std::uint32_t) {
    const auto vin = vin_of(message.topic);
    if (!vin || message.topic.starts_with(response_topic(*vin, {}))) {
        defer_input(vehicle_message{message.topic, message.payload});
        defer_input(publish_confirmed{id});
    } else if (message.topic != event_topic(*vin)) {
        post(*commands_, id, message, with_vin(options_.path, *vin));
    } else if (events_) {
        post(*events_, id, message, events_->root());
    } else {
        defer_input(publish_confirmed{id});
    }
    return true;
}

void broker_api_adapter::post(api_client& client, send_id id, const outbox_message& message, std::string target) {
    http::request r{.method = "POST",
                    .target = std::move(target),
                    .headers = {{"Content-Type", "application/json"}},
                    .body = message.payload};
    const auto id_value = static_cast<std::uint64_t>(id);
    auto& entry = deliveries_[id_value];
    entry =
        std::make_unique<delivery>(*this, client, id_value, std::move(r), message.expires, &client == commands_.get());
    entry->send();
}

void broker_api_adapter::on_response(std::uint64_t id, const http::response_view& a) {
    const auto at = deliveries_.find(id);
    if (at == deliveries_.end()) return;
    if (a.status >= 200 && a.status < 300) return finish(id, publish_confirmed{send_id{id}});
    last_error_ = a.status != 0 ? fmt::format("HTTP {}", a.status) : std::string(a.error);
    const auto delay = at->second->next_retry(a, loop_.now());
    if (!delay) return finish(id, publish_refused{send_id{id}});
    loop_.arm(*at->second, loop_.now() + *delay);
}

void broker_api_adapter::retry(delivery& entry) {
    ++retries_;
    entry.send();
}

void broker_api_adapter::finish(std::uint64_t id, broker_input what) {
    deliveries_.erase(id);
    on_input_(std::move(what));
}

void broker_api_adapter::defer_input(broker_input what) {
    boost::asio::post(loop_.io(), [this, alive = alive_, what = std::move(what)]() mutable {
        if (*alive) on_input_(std::move(what));
    });
}

void broker_api_adapter::stop() {
    commands_->stop();
    if (events_) events_->stop();
    deliveries_.clear();
}

} // namespace loadsim::backend
