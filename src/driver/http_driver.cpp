#include <loadsim/driver/http_driver.hpp>

#include "response_mapping.hpp"
#include "traceparent.hpp"

#include <loadsim/base/random.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::driver {
namespace {

class http_driver final : public driver, private http::client_events {
public:
    http_driver(net::loop& owner, driver_events& events, http_driver_setup setup)
        : loop_(owner), events_(events), setup_(std::move(setup)) {
        setup_.api.keep_headers = setup_.on_response || setup_.message_contract.has_request_id_in_header();
    }

    void start(std::function<void(std::string)> ready) override {
        auto made = http::client::make(loop_, *this, setup_.api);
        if (!made) return ready(to_string(made.error()));
        client_ = std::move(*made);
        allowed_connections_ = client_->max_connections();
        ready({});
    }

    void send(request_key key, std::string_view vin, const service_request& wanted) override {
        if (!build_request(key, vin, wanted)) return events_.on_errored(key, "http: " + parts_.problem, loop_.now());
        std::uint64_t token = sent_.size();
        if (free_.empty()) {
            sent_.push_back({key, wanted.service});
        } else {
            token = free_.back();
            free_.pop_back();
            sent_[token] = {key, wanted.service};
        }
        if (setup_.trace) setup_.trace(&request_, nullptr);
        head_.assign(request_.method).append(1, ' ').append(request_.target);
        events_.on_api_request(key, head_, request_.body, traceparent_);
        report_parameters(key, wanted);
        client_->send(token, request_);
    }

    void stop() override {
        if (client_) client_->stop();
    }

    measure::http_counts take_counts() override {
        auto counts = std::exchange(counts_, {});
        if (!client_) return counts;
        auto more = client_->take_counts();
        counts.connection_limit = std::exchange(allowed_connections_, 0);
        counts.requests = more.requests;
        counts.opened = more.opened;
        counts.open_peak = more.open_peak;
        counts.busy_peak = more.busy_peak;
        counts.timeouts = more.timed_out;
        counts.retries = more.resent;
        counts.failovers = more.failed_over;
        counts.addresses = std::move(more.addresses);
        return counts;
    }

private:
    /// Builds request_ from the contract. False, with parts_.problem: HTTP cannot carry the values.
    bool build_request(request_key key, std::string_view vin, const service_request& wanted) {
        random_stream rng(setup_.seed, stream_id::template_value, number(key.arrival));
        contract::template_values values{.vin = vin,
                                         .index = index(key.vehicle),
                                         .service = wanted.name,
                                         .arrival = number(key.arrival),
                                         .now_us = system_time_us(),
                                         .parameters = wanted.parameters,
                                         .random = &rng};
        if (setup_.fill_values) setup_.fill_values(key, values);
        parts_.path.clear();
        parts_.body.clear();
        parts_.headers.clear();
        const auto& of_contract = setup_.message_contract.request(wanted.service);
        if (!of_contract.compose(values, parts_)) return false;
        parts_.problem = http::target_problem(parts_.path);
        for (const auto& [name, value] : parts_.headers)
            if (parts_.problem.empty()) parts_.problem = http::header_value_problem(name, value);
        if (!parts_.problem.empty()) return false;
        request_.method = of_contract.options().method;
        // Swapped, not copied: the buffers are reused.
        request_.target.swap(parts_.path);
        request_.body.swap(parts_.body);
        request_.headers.swap(parts_.headers);
        if (setup_.trace_run) {
            traceparent_ = traceparent(*setup_.trace_run, setup_.seed, key.arrival);
            request_.headers.emplace_back("traceparent", traceparent_);
        }
        if (setup_.auth) setup_.auth->sign(request_, values.now_us / 1'000'000);
        return true;
    }

    void report_parameters(request_key key, const service_request& wanted) {
        const auto& of_contract = setup_.message_contract.request(wanted.service);
        if (!of_contract.has_parameters(wanted.parameters)) return;
        const auto values = of_contract.parameters(
            {.topic = std::string_view(request_.target).substr(request_.target.starts_with('/') ? 1 : 0),
             .payload = request_.body,
             .property = [this](std::string_view name) { return http::find_header(request_.headers, name); }},
            wanted.parameters);
        events_.on_requested(key, {}, {.parameters = values});
    }

    void on_sent(std::uint64_t token, monotonic_time t) override { events_.on_sent(sent_[token].key, t); }

    bool on_dequeued(std::uint64_t token, nanoseconds waited) override {
        counts_.connection_wait.record(waited);
        if (events_.still_wanted(sent_[token].key)) return true;
        free_.push_back(token);
        return false;
    }

    void on_response(std::uint64_t token, const http::response_view& response) override {
        const auto [key, service] = sent_[token];
        free_.push_back(token);
        const auto now = loop_.now();
        if (setup_.trace) setup_.trace(nullptr, &response);
        if (response.status != 0) events_.on_api_response(key, std::to_string(response.status), response.body, now);
        const auto& of_contract = setup_.message_contract.request(service);
        auto mapped = map_response(of_contract.options(), of_contract.id(), response);
        switch (mapped.what) {
        case mapped_response::kind::accepted:
            events_.on_accepted(key, mapped.text, now);
            if (setup_.on_response) setup_.on_response(key, response, now);
            return;
        case mapped_response::kind::rejected: return events_.on_rejected(key, mapped.text, now);
        case mapped_response::kind::errored: return events_.on_errored(key, mapped.text, now);
        }
    }

    net::loop& loop_;
    driver_events& events_;
    http_driver_setup setup_;
    std::unique_ptr<http::client> client_;
    contract::request_parts parts_;  ///< of the request being built
    http::request request_;          ///< reused for each request
    std::string head_, traceparent_; ///< of that request; no header: empty
    struct sent_request {
        request_key key;
        std::uint32_t service;
    };
    std::vector<sent_request> sent_;        ///< indexed by token
    std::vector<std::uint64_t> free_;       ///< unused tokens
    std::uint64_t allowed_connections_ = 0; ///< connections, until take_counts() has reported them
    measure::http_counts counts_;           ///< since the last take_counts()
};

} // namespace

std::unique_ptr<driver> make_http_driver(net::loop& owner, driver_events& events, http_driver_setup setup) {
    return std::make_unique<http_driver>(owner, events, std::move(setup));
}

} // namespace loadsim::driver
