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

class http_driver final : public driver {
public:
    http_driver(net::loop& owner, driver_events& events, const http_options& options, std::uint32_t connections,
                const net::endpoint& api, boost::asio::ip::tcp::endpoint address)
        : loop_(owner), events_(events), address_(std::move(address)), api_(api) {
        for (std::uint32_t i = 0; i < connections; ++i) {
            pool_.push_back(std::make_unique<http_connection>(loop_, address_, options.timeout));
            free_.push_back(pool_.back().get());
        }
    }

    void start(std::function<void(std::string)> ready) override { ready({}); }

    void send(request_key key, std::string_view vin, std::string_view service) override {
        std::string request = http_request("POST", api_, fmt::format("/vehicles/{}/remote-services/{}", vin, service));
        if (free_.empty())
            waiting_.push_back({key, std::move(request)});
        else
            exchange({key, std::move(request)});
    }

    void stop() override {
        waiting_.clear();
        for (const auto& c : pool_) c->close();
    }

private:
    struct job {
        request_key key;
        std::string request;
    };

    void exchange(job next) {
        // The one used last first: what is not needed stays closed, and the server may end it.
        http_connection& connection = *free_.back();
        free_.pop_back();
        const auto key = next.key;
        connection.exchange(
            std::move(next.request), [this, key](monotonic_time t) { events_.on_sent(key, t); },
            [this, key, &connection](const http_connection::answer& answer) {
                free_.push_back(&connection);
                tell(key, answer);
                send_waiting();
            });
    }

    void send_waiting() {
        while (!waiting_.empty() && !free_.empty()) {
            job first = std::move(waiting_.front());
            waiting_.pop_front();
            if (events_.still_wanted(first.key)) exchange(std::move(first));
        }
    }

    void tell(request_key key, const http_connection::answer& answer) {
        const auto now = loop_.now();
        if (answer.status == 0) return events_.on_errored(key, fmt::format("http: {}", answer.trouble), now);
        const auto read = read_answer(answer.status, answer.body);
        switch (read.what) {
        case http_answer::kind::accepted: return events_.on_accepted(key, read.text, now);
        case http_answer::kind::rejected: return events_.on_rejected(key, read.text, now);
        case http_answer::kind::errored: return events_.on_errored(key, read.text, now);
        }
    }

    net::loop& loop_;
    driver_events& events_;
    boost::asio::ip::tcp::endpoint address_;
    net::endpoint api_;
    std::vector<std::unique_ptr<http_connection>> pool_;
    std::vector<http_connection*> free_;
    std::deque<job> waiting_;
};

} // namespace

std::unique_ptr<driver> make_http_driver(net::loop& owner, driver_events& events, const http_options& options,
                                         std::uint32_t connections, const net::endpoint& api,
                                         const boost::asio::ip::tcp::endpoint& address) {
    return std::make_unique<http_driver>(owner, events, options, connections, api, address);
}

} // namespace loadsim::drive
