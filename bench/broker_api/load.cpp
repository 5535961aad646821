#include "load.hpp"

#include <loadsim/base/draw.hpp>
#include <loadsim/contract/payloads.hpp>
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
        : lasts_(static_cast<std::int64_t>(seconds * 1e9)), rate_(rate), loop_(time_),
          timer_(loop_.io().get_executor()) {
        auto made =
            http::client::make(loop_, *this, {.bases = {{"http", "127.0.0.1", port, ""}}, .connections = connections});
        if (!made) throw std::runtime_error(to_string(made.error()));
        client_ = std::move(*made);
    }

    load_figures run() {
        start_ = time_.now();
        boost::asio::post(loop_.io(), [this] {
            if (rate_ > 0) return pump();
            for (std::uint32_t i = 0; i < client_->connections(); ++i) send();
        });
        loop_.run();
        return {static_cast<double>(answered_), std::chrono::duration<double>(end_ - start_).count(), trouble_};
    }

private:
    void send() {
        const auto n = sent_++;
        const auto vin = vehicle::vin_of(
            {}, vehicle_id{static_cast<std::uint32_t>(draw_below(24'500'000, 1, stream::arrival_vehicle, n, 0))});
        request_.method = "POST";
        request_.target = fmt::format("/vehicles/{}/commands", vin);
        request_.headers = {{"Content-Type", "application/json"}};
        request_.body = to_json(contract::command{.id = fmt::format("r{}", n), .service = "horn", .ts_ms = 0});
        client_->send(n, request_);
    }

    void pump() {
        for (;;) {
            const nanoseconds due{static_cast<std::int64_t>(static_cast<double>(sent_) * 1e9 / rate_)};
            if (due >= lasts_) return;
            if (start_ + due > time_.now()) {
                timer_.expires_at(start_ + due);
                timer_.async_wait([this](const boost::system::error_code&) { pump(); });
                return;
            }
            send();
        }
    }

    void on_answer(std::uint64_t, const http::answer& a) override {
        ++answered_;
        if (a.status != 202) ++trouble_;
        const auto now = time_.now();
        const bool over = now - start_ >= lasts_;
        if (rate_ == 0 && !over) return send();
        if (answered_ < sent_ ||
            !(over || static_cast<double>(sent_) >= rate_ * std::chrono::duration<double>(lasts_).count()))
            return;
        end_ = now;
        client_->stop();
        loop_.stop();
    }

    const nanoseconds lasts_;
    const double rate_;
    steady_time time_;
    net::loop loop_;
    net::clock_timer timer_;
    std::unique_ptr<http::client> client_;
    http::request request_;
    monotonic_time start_{}, end_{};
    std::uint64_t sent_ = 0, answered_ = 0, trouble_ = 0;
};

} // namespace

load_figures post_commands(std::uint16_t port, std::uint32_t connections, double seconds, double rate) {
    return load(port, connections, seconds, rate).run();
}

} // namespace loadsim::bench
