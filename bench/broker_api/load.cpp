#include "load.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/http/client.hpp>
#include <loadsim/net/loop.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <stdexcept>

namespace loadsim::bench {
namespace {

class load final : private http::client_events {
public:
    load(std::uint16_t port, std::uint32_t connections, double seconds, double rate)
        : duration_(static_cast<std::int64_t>(seconds * 1e9)), rate_(rate), loop_(time_),
          timer_(loop_.io().get_executor()) {
        auto client = http::client::make(
            loop_, *this, {.base_urls = {{"http", "127.0.0.1", port, ""}}, .max_connections = connections});
        if (!client) throw std::runtime_error(to_string(client.error()));
        client_ = std::move(*client);
    }

    load_result run() {
        start_ = time_.now();
        boost::asio::post(loop_.io(), [this] {
            if (rate_ > 0) return send_due();
            for (std::uint32_t i = 0; i < client_->max_connections(); ++i) send();
        });
        loop_.run();
        return {static_cast<double>(responses_), std::chrono::duration<double>(end_ - start_).count(), failed_};
    }

private:
    void send() {
        const auto n = sent_++;
        const auto vin = vehicle::vin_of(
            {}, vehicle_id{static_cast<std::uint32_t>(random_below(24'500'000, 1, stream_id::arrival_vehicle, n, 0))});
        request_.method = "POST";
        request_.target = fmt::format("/vehicles/{}/commands", vin);
        request_.headers = {{"Content-Type", "application/json"}};
        request_.body = fmt::format(R"({{"id":"r{}","service":"horn","ts":0}})", n);
        client_->send(n, request_);
    }

    void send_due() {
        for (;;) {
            const nanoseconds due{static_cast<std::int64_t>(static_cast<double>(sent_) * 1e9 / rate_)};
            if (due >= duration_) return;
            if (start_ + due > time_.now()) {
                timer_.expires_at(start_ + due);
                timer_.async_wait([this](const boost::system::error_code&) { send_due(); });
                return;
            }
            send();
        }
    }

    void on_response(std::uint64_t, const http::response_view& a) override {
        ++responses_;
        if (a.status != 202) ++failed_;
        const auto now = time_.now();
        const bool time_is_up = now - start_ >= duration_;
        if (rate_ == 0 && !time_is_up) return send();
        if (responses_ < sent_ ||
            !(time_is_up || static_cast<double>(sent_) >= rate_ * std::chrono::duration<double>(duration_).count()))
            return;
        end_ = now;
        client_->stop();
        loop_.stop();
    }

    const nanoseconds duration_;
    const double rate_;
    steady_time time_;
    net::loop loop_;
    net::clock_timer timer_;
    std::unique_ptr<http::client> client_;
    http::request request_;
    monotonic_time start_{}, end_{};
    std::uint64_t sent_ = 0, responses_ = 0, failed_ = 0;
};

} // namespace

load_result post_commands(std::uint16_t port, std::uint32_t connections, double seconds, double rate) {
    return load(port, connections, seconds, rate).run();
}

} // namespace loadsim::bench
