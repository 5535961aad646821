// Load generator with loadsim's HTTP driver only, started by http_bench. Prints one line of JSON.
//   http_bench_load PORT CONNECTIONS SECONDS          closed loop: each response triggers the next request
//   http_bench_load PORT CONNECTIONS SECONDS RATE     open loop: RATE requests per second, independent of the responses
#include <loadsim/driver/http_driver.hpp>
#include <loadsim/measure/histogram.hpp>

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace loadsim;
namespace asio = boost::asio;

constexpr std::size_t fleet = 1000; ///< number of vehicles, addressed round-robin

struct settings {
    std::uint16_t port = 0;
    std::uint32_t connections = 0;
    nanoseconds duration{0};
    double rate = 0; ///< 0: closed loop
};

class load final : public driver::driver_events {
public:
    explicit load(const settings& s)
        : settings_(s), loop_(time_), due_timer_(loop_.io().get_executor()),
          driver_(driver::make_http_driver(
              loop_, *this,
              {.api = {.base_urls = {{"http", "127.0.0.1", s.port, ""}}, .max_connections = s.connections},
               .message_contract = contract::message_contract::built_in()})) {
        for (std::size_t i = 0; i < fleet; ++i) vins_.push_back(fmt::format("LZ9SMEV05TF{:06}", i));
    }

    void run() {
        start_ = time_.now();
        asio::post(loop_.io(), [this] {
            driver_->start([](const std::string&) {});
            if (settings_.rate > 0) return send_due();
            for (std::uint32_t i = 0; i < settings_.connections; ++i) send(time_.now());
        });
        loop_.run();
    }

    std::string results_json() const {
        const auto us = [](nanoseconds t) { return static_cast<double>(t.count()) / 1e3; };
        return serialize(boost::json::object{{"requests", accepted_},
                                             {"trouble", failed_},
                                             {"first_trouble", first_failure_},
                                             {"seconds", std::chrono::duration<double>(end_ - start_).count()},
                                             {"lag_p50_us", us(lag_.percentile(50))},
                                             {"lag_p99_us", us(lag_.percentile(99))},
                                             {"lag_max_us", us(lag_.max())},
                                             {"accept_p50_us", us(accept_.percentile(50))},
                                             {"accept_p99_us", us(accept_.percentile(99))}});
    }

private:
    void send(monotonic_time due) {
        const auto n = due_.size();
        due_.push_back(due);
        ++open_;
        const auto vehicle = n % fleet;
        driver_->send({arrival_id{n}, vehicle_id{static_cast<std::uint32_t>(vehicle)}}, vins_[vehicle],
                      {.name = "horn"});
    }

    /// Sends all due requests, then waits for the next due time, like a shard.
    void send_due() {
        for (;;) {
            const nanoseconds offset{
                static_cast<std::int64_t>(static_cast<double>(due_.size()) * 1e9 / settings_.rate)};
            if (offset >= settings_.duration) {
                all_due_ = true;
                return end_if_done(time_.now());
            }
            if (const auto due = start_ + offset; due > time_.now()) {
                due_timer_.expires_at(due);
                due_timer_.async_wait([this](const boost::system::error_code&) { send_due(); });
                return;
            }
            send(start_ + offset);
        }
    }

    void on_finished(monotonic_time t) {
        --open_;
        if (settings_.rate == 0) {
            if (t - start_ < settings_.duration) return send(t);
            all_due_ = true;
        }
        end_if_done(t);
    }

    void end_if_done(monotonic_time t) {
        if (!all_due_ || open_ > 0) return;
        end_ = t;
        driver_->stop();
        loop_.stop();
    }

    bool still_wanted(request_key) const override { return true; }
    void on_sent(request_key key, monotonic_time t) override { lag_.record(t - due_[number(key.arrival)]); }
    void on_accepted(request_key key, std::string_view, monotonic_time t) override {
        ++accepted_;
        accept_.record(t - due_[number(key.arrival)]);
        on_finished(t);
    }
    void on_rejected(request_key, std::string_view why, monotonic_time t) override { count_failure(why, t); }
    void on_errored(request_key, std::string_view why, monotonic_time t) override { count_failure(why, t); }
    void on_completed(vehicle_id, std::string_view, outcome, std::string_view, monotonic_time) override {}
    void on_malformed() override {}
    void count_failure(std::string_view why, monotonic_time t) {
        if (failed_++ == 0) first_failure_ = why;
        on_finished(t);
    }

    settings settings_;
    steady_time time_;
    net::loop loop_;
    net::clock_timer due_timer_;
    std::unique_ptr<driver::driver> driver_;
    std::vector<std::string> vins_;
    std::vector<monotonic_time> due_; ///< by arrival
    monotonic_time start_{}, end_{};
    bool all_due_ = false;
    std::uint64_t open_ = 0, accepted_ = 0, failed_ = 0;
    std::string first_failure_;
    measure::histogram lag_, accept_;
};

template <class Number>
bool read(const char* text, Number& value) {
    const std::string_view digits(text);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    return error == std::errc{} && end == digits.end() && value > 0;
}

} // namespace

int main(int count, char** arguments) {
    settings s;
    double duration = 0;
    if (count < 4 || count > 5 || !read(arguments[1], s.port) || !read(arguments[2], s.connections) ||
        !read(arguments[3], duration) || (count == 5 && !read(arguments[4], s.rate))) {
        fmt::print(stderr, "usage: http_bench_load PORT CONNECTIONS SECONDS [RATE]\n");
        return 2;
    }
    s.duration = nanoseconds{static_cast<std::int64_t>(duration * 1e9)};
    load l(s);
    l.run();
    fmt::print("{}\n", l.results_json());
    return 0;
}
