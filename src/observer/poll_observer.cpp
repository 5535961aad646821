#include <loadsim/observer/poll_observer.hpp>

#include "event_sink.hpp"

#include <loadsim/observer/http_response_observer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace loadsim::observer {
namespace {

class http_poll_observer;

/// A request being polled; the timer triggers its next poll.
class polled_request final : public net::timer {
public:
    polled_request(http_poll_observer& owner, std::uint64_t token, vehicle_id v, std::string_view request,
                   std::string path)
        : owner_(owner), token_(token), vehicle_(v), request_(request), path_(std::move(path)) {}

    vehicle_id vehicle() const { return vehicle_; }
    const std::string& request() const { return request_; }
    const std::string& path() const { return path_; }
    std::uint64_t token() const { return token_; }

    std::uint32_t polls = 0; ///< number of polls
    monotonic_time due = {}; ///< due time of the next or current poll

private:
    void on_timer(monotonic_time) override;

    http_poll_observer& owner_;
    std::uint64_t token_;
    vehicle_id vehicle_;
    std::string request_;
    std::string path_;
};

class http_poll_observer final : public poll_observer, public http::client_events {
public:
    http_poll_observer(net::loop& loop, const poll_options& wanted, std::function<void(http::request&)> sign,
                       on_vehicle_completion handler, contract::event_mapping mapping, std::uint32_t index)
        : loop_(loop), options_(wanted), sign_(std::move(sign)), handler_(std::move(handler)),
          mapping_(std::move(mapping)), index_(index) {}

    result<void> open(http::client_options api) {
        api.keep_headers = true;
        api.retries = 0; // failed polls are repeated anyway
        auto made = http::client::make(loop_, *this, api);
        if (!made) return made.error();
        client_ = std::move(*made);
        return {};
    }

    void start_polling(vehicle_id v, std::string_view request, std::string path, monotonic_time accepted) override {
        if (stopped_ || tokens_.contains(std::string(request))) return;
        const auto token = next_token_++;
        auto& polled =
            *requests_.emplace(token, std::make_unique<polled_request>(*this, token, v, request, std::move(path)))
                 .first->second;
        tokens_.emplace(request, token);
        polled.due = accepted;
        schedule_next_poll(polled);
    }

    void stop_polling(std::string_view request) override {
        const auto token = tokens_.find(std::string(request));
        if (token == tokens_.end()) return;
        requests_.erase(token->second);
        tokens_.erase(token);
    }

    void stop() override {
        stopped_ = true;
        tokens_.clear();
        requests_.clear();
        client_->stop();
    }

    void set_trace(on_trace handler) override { trace_ = std::move(handler); }

    counts take_counts() override {
        auto taken = std::exchange(counts_, {});
        taken.unmatched_fields = match_stats_.take_unmatched();
        taken.addresses = client_->take_counts().addresses;
        return taken;
    }

    void send_poll(polled_request& polled) {
        http::request poll_request{.target = polled.path()};
        if (sign_) sign_(poll_request);
        client_->send(polled.token(), poll_request);
    }

private:
    void schedule_next_poll(polled_request& polled) {
        // Relative to the due time, so that slow responses do not lower the poll rate; not before the response, though.
        polled.due = std::max(polled.due + poll_delay(options_, polled.polls++), loop_.now());
        loop_.arm(polled, polled.due);
    }

    bool on_dequeued(std::uint64_t token, nanoseconds) override { return requests_.contains(token); }

    void on_response(std::uint64_t token, const http::response_view& response) override {
        const auto found = requests_.find(token);
        if (found == requests_.end()) return; // removed meanwhile
        auto& polled = *found->second;
        if (trace_) trace_(polled.path(), response.status == 0 ? response.error : response.body);
        const bool is_success = response.status >= 200 && response.status < 300;
        if (!is_success) {
            ++counts_.refused[response.status == 0 ? std::string(response.error)
                                                   : fmt::format("status {}", response.status)];
            return schedule_next_poll(polled);
        }
        ++counts_.messages;
        auto completed =
            completion_in_http_response(mapping_, response.body, response.headers, loop_.now(), index_, &match_stats_);
        if (!completed) return schedule_next_poll(polled);
        ++counts_.completions;
        completed->request = polled.request();
        completed->message.head = polled.path();
        const auto v = polled.vehicle();
        stop_polling(completed->request);
        handler_(v, std::move(*completed));
    }

    net::loop& loop_;
    poll_options options_;
    std::function<void(http::request&)> sign_;
    on_vehicle_completion handler_;
    on_trace trace_;
    contract::event_mapping mapping_;
    std::uint32_t index_;
    contract::field_match_stats match_stats_;
    counts counts_;
    std::uint64_t next_token_ = 0;
    bool stopped_ = false;
    std::unordered_map<std::uint64_t, std::unique_ptr<polled_request>> requests_;
    std::unordered_map<std::string, std::uint64_t> tokens_; // by request
    std::unique_ptr<http::client> client_;                  // last: calls back into the members above
};

void polled_request::on_timer(monotonic_time) { owner_.send_poll(*this); }

} // namespace

nanoseconds poll_delay(const poll_options& wanted, std::uint32_t n) noexcept {
    // As double: the product may overflow nanoseconds, and then exceeds the cap.
    const double delay = static_cast<double>(wanted.first.count()) * std::pow(wanted.factor, n);
    if (!(delay < static_cast<double>(wanted.cap.count()))) return wanted.cap;
    return nanoseconds{static_cast<nanoseconds::rep>(delay)};
}

result<std::unique_ptr<poll_observer>> poll_observer::make(net::loop& loop, const poll_options& wanted,
                                                           const http::client_options& api,
                                                           std::function<void(http::request&)> sign,
                                                           on_vehicle_completion handler, std::uint32_t index) {
    auto mapping = compile_response_mapping(wanted.reading, observer_options_path(index, "poll"));
    if (!mapping) return mapping.error();
    auto made = std::make_unique<http_poll_observer>(loop, wanted, std::move(sign), std::move(handler),
                                                     std::move(*mapping), index);
    if (auto opened = made->open(api); !opened) return opened.error();
    return std::unique_ptr<poll_observer>(std::move(made));
}

} // namespace loadsim::observer
