#include <loadsim/drive/http_driver.hpp>

#include "http_answer.hpp"

#include <loadsim/base/draw.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::drive {
namespace {

class http_driver final : public driver, private http::client_events {
public:
    http_driver(net::loop& owner, driver_events& events, http_driver_setup setup)
        : loop_(owner), events_(events), setup_(std::move(setup)) {
        setup_.api.keep_headers = setup_.answered || setup_.terms.request_id().what() == contract::source::kind::named;
        asked_.method = setup_.terms.options().request.method;
    }

    void start(std::function<void(std::string)> ready) override {
        auto made = http::client::make(loop_, *this, setup_.api);
        if (!made) return ready(to_string(made.error()));
        client_ = std::move(*made);
        allowed_ = client_->connections();
        ready({});
    }

    void send(request_key key, std::string_view vin, std::string_view service) override {
        if (!make_request(key, vin, service))
            return events_.on_errored(key, "http: the request's body cannot be made", loop_.now());
        std::uint64_t token = keys_.size();
        if (free_.empty()) {
            keys_.push_back(key);
        } else {
            token = free_.back();
            free_.pop_back();
            keys_[token] = key;
        }
        if (setup_.shown) setup_.shown(&asked_, nullptr);
        client_->send(token, asked_);
    }

    void stop() override {
        if (client_) client_->stop();
    }

    measure::http_counts take() override {
        auto counts = std::exchange(counts_, {});
        if (!client_) return counts;
        const auto more = client_->take();
        counts.allowed = std::exchange(allowed_, 0);
        counts.requests = more.requests;
        counts.opened = more.opened;
        counts.open_peak = more.open_peak;
        counts.busy_peak = more.busy_peak;
        counts.timed_out = more.timed_out;
        counts.sent_again = more.sent_again;
        counts.failed_over = more.failed_over;
        return counts;
    }

private:
    /// What the contract says, into asked_. False: it cannot be said.
    bool make_request(request_key key, std::string_view vin, std::string_view service) {
        draws draw(setup_.seed, stream::text, number(key.arrival));
        contract::values values{.vin = vin,
                                .index = index(key.vehicle),
                                .service = service,
                                .arrival = number(key.arrival),
                                .now_us = wall_us(),
                                .draw = &draw};
        if (setup_.known) setup_.known(key, values);
        parts_.path.clear();
        parts_.body.clear();
        parts_.headers.clear();
        if (!setup_.terms.compose_request(values, parts_)) return false;
        // Swapped and not copied: so all of these buffers are used again.
        asked_.target.swap(parts_.path);
        asked_.body.swap(parts_.body);
        asked_.headers.swap(parts_.headers);
        if (setup_.way_in) setup_.way_in->sign(asked_, values.now_us / 1'000'000);
        return true;
    }

    void on_sent(std::uint64_t token, monotonic_time t) override { events_.on_sent(keys_[token], t); }

    bool on_turn(std::uint64_t token, nanoseconds waited) override {
        counts_.wait.record(waited);
        if (events_.still_wanted(keys_[token])) return true;
        free_.push_back(token);
        return false;
    }

    void on_answer(std::uint64_t token, const http::answer& seen) override {
        const auto key = keys_[token];
        free_.push_back(token);
        const auto now = loop_.now();
        if (setup_.shown) setup_.shown(nullptr, &seen);
        auto read = read_answer(setup_.terms.options().request, setup_.terms.request_id(), seen);
        switch (read.what) {
        case http_answer::kind::accepted:
            events_.on_accepted(key, read.text, now);
            if (setup_.answered) setup_.answered(key, seen, now);
            return;
        case http_answer::kind::rejected: return events_.on_rejected(key, read.text, now);
        case http_answer::kind::errored: return events_.on_errored(key, read.text, now);
        }
    }

    net::loop& loop_;
    driver_events& events_;
    http_driver_setup setup_;
    std::unique_ptr<http::client> client_;
    contract::terms::request_parts parts_; ///< being made
    http::request asked_;                  ///< being sent
    std::vector<request_key> keys_;        ///< by token
    std::vector<std::uint64_t> free_;      ///< tokens
    std::uint64_t allowed_ = 0;            ///< connections, until it is told
    measure::http_counts counts_;          ///< since the last take()
};

} // namespace

std::unique_ptr<driver> make_http_driver(net::loop& owner, driver_events& events, http_driver_setup setup) {
    return std::make_unique<http_driver>(owner, events, std::move(setup));
}

} // namespace loadsim::drive
