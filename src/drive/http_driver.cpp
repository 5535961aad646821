#include <loadsim/drive/http_driver.hpp>

#include "http_answer.hpp"
#include "http_connection.hpp"
#include "http_request.hpp"

#include <fmt/format.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace loadsim::drive {
namespace {

class http_driver final : public driver, private http_connection_events {
public:
    http_driver(net::loop& owner, driver_events& events, const http_options& options, std::uint32_t connections,
                const net::endpoint& api, boost::asio::ip::tcp::endpoint address)
        : loop_(owner), events_(events), address_(std::move(address)), requests_(api) {
        http_connection_events& self = *this;
        for (std::uint32_t i = 0; i < connections; ++i) {
            pool_.push_back(std::make_unique<http_connection>(loop_, self, address_, options.timeout));
            free_.push_back(pool_.back().get());
        }
        counts_.allowed = connections;
    }

    void start(std::function<void(std::string)> ready) override { ready({}); }

    void send(request_key key, std::string_view vin, std::string_view service) override {
        requests_.write(vin, service, request_);
        if (free_.empty())
            waiting_.push_back({key, request_, loop_.now()});
        else
            exchange(key, request_);
    }

    void stop() override {
        for (const auto& w : waiting_) counts_.wait.record(loop_.now() - w.since);
        waiting_.clear();
        for (const auto& c : pool_) c->close();
    }

    measure::http_counts take() override { return std::exchange(counts_, {}); }

private:
    struct waiting {
        request_key key;
        std::string request;
        monotonic_time since;
    };

    void exchange(request_key key, std::string_view request) {
        // The one used last first: what is not needed stays closed, and the server may end it.
        http_connection& connection = *free_.back();
        free_.pop_back();
        raise(busy_most_, pool_.size() - free_.size(), counts_.busy_peak);
        connection.exchange(key, request);
    }

    void send_waiting() {
        while (!waiting_.empty() && !free_.empty()) {
            const waiting first = std::move(waiting_.front());
            waiting_.pop_front();
            counts_.wait.record(loop_.now() - first.since);
            if (events_.still_wanted(first.key)) exchange(first.key, first.request);
        }
    }

    void on_opened() override {
        ++counts_.opened;
        raise(open_most_, ++open_, counts_.open_peak);
    }
    void on_closed() override { --open_; }

    void on_sent(request_key key, monotonic_time t) override {
        ++counts_.requests;
        events_.on_sent(key, t);
    }

    void on_outcome(http_connection& connection, request_key key, const http_outcome& seen) override {
        free_.push_back(&connection);
        tell(key, seen);
        send_waiting();
    }

    void tell(request_key key, const http_outcome& seen) {
        const auto now = loop_.now();
        if (seen.status == 0) return events_.on_errored(key, fmt::format("http: {}", seen.trouble), now);
        const auto read = read_answer(seen.status, seen.body);
        switch (read.what) {
        case http_answer::kind::accepted: return events_.on_accepted(key, read.text, now);
        case http_answer::kind::rejected: return events_.on_rejected(key, read.text, now);
        case http_answer::kind::errored: return events_.on_errored(key, read.text, now);
        }
    }

    /// A peak is told by its growth.
    static void raise(std::uint64_t& most, std::uint64_t now, std::uint64_t& growth) {
        if (now <= most) return;
        growth += now - most;
        most = now;
    }

    net::loop& loop_;
    driver_events& events_;
    boost::asio::ip::tcp::endpoint address_;
    service_request requests_;
    std::string request_; ///< being made
    std::vector<std::unique_ptr<http_connection>> pool_;
    std::vector<http_connection*> free_;
    std::deque<waiting> waiting_;
    std::uint64_t open_ = 0;
    std::uint64_t open_most_ = 0;
    std::uint64_t busy_most_ = 0;
    measure::http_counts counts_; ///< since the last take()
};

} // namespace

std::unique_ptr<driver> make_http_driver(net::loop& owner, driver_events& events, const http_options& options,
                                         std::uint32_t connections, const net::endpoint& api,
                                         const boost::asio::ip::tcp::endpoint& address) {
    return std::make_unique<http_driver>(owner, events, options, connections, api, address);
}

} // namespace loadsim::drive
