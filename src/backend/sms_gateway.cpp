#include "sms_gateway.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <utility>

namespace loadsim::backend {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t at_a_time = 16;
constexpr std::size_t waiting_most = 10'000;
constexpr std::chrono::seconds within{5};
constexpr std::uint32_t answer_most = 16 * 1024;

/// One request and its answer. Lives as long as a handler of it waits.
class exchange : public std::enable_shared_from_this<exchange> {
public:
    using done = std::function<void(bool good)>;

    exchange(asio::io_context& context, http::request<http::string_body> request, done tell)
        : stream_(context), request_(std::move(request)), tell_(std::move(tell)) {
        answer_.header_limit(answer_most);
        answer_.body_limit(answer_most);
    }

    void run(const tcp::endpoint& gateway) {
        stream_.expires_after(within);
        stream_.async_connect(gateway, [self = shared_from_this()](error_code error) {
            if (error) return self->tell_(false);
            self->write();
        });
    }

private:
    void write() {
        http::async_write(stream_, request_, [self = shared_from_this()](error_code error, std::size_t) {
            if (error) return self->tell_(false);
            self->read();
        });
    }

    void read() {
        http::async_read(stream_, buffer_, answer_, [self = shared_from_this()](error_code error, std::size_t) {
            const auto status = self->answer_.get().result_int();
            self->tell_(!error && status >= 200 && status < 300);
        });
    }

    beast::tcp_stream stream_;
    http::request<http::string_body> request_;
    done tell_;
    beast::flat_buffer buffer_{answer_most};
    http::response_parser<http::string_body> answer_;
};

} // namespace

class sms_gateway::queue : public std::enable_shared_from_this<queue> {
public:
    explicit queue(asio::io_context& context) : context_(context) {}

    problems open(const net::endpoint& at) {
        error_code error;
        const auto found = tcp::resolver(context_).resolve(at.host, std::to_string(at.port), error);
        if (error)
            return problems{net::to_string(at),
                            fmt::format("the SMS gateway cannot be found ({}); check its address", error.message())};
        gateway_ = found.begin()->endpoint();
        target_ = at.path + "/sms";
        host_ = fmt::format("{}:{}", at.host, at.port);
        return {};
    }

    void send(std::string_view vin) {
        if (waiting_.size() >= waiting_most) {
            ++failed;
            return;
        }
        waiting_.emplace_back(vin);
        next();
    }

    std::uint64_t failed = 0;

private:
    void next() {
        if (waiting_.empty() || under_way_ >= at_a_time) return;
        http::request<http::string_body> request{http::verb::post, target_, 11};
        request.set(http::field::host, host_);
        request.set(http::field::content_type, "application/json");
        request.keep_alive(false);
        request.body() = fmt::format(R"({{"to":"{}"}})", waiting_.front()); // a VIN needs no escapes
        request.prepare_payload();
        waiting_.pop_front();
        ++under_way_;
        std::make_shared<exchange>(context_, std::move(request), [self = shared_from_this()](bool good) {
            if (!good) ++self->failed;
            --self->under_way_;
            self->next();
        })->run(gateway_);
    }

    asio::io_context& context_;
    tcp::endpoint gateway_;
    std::string target_;
    std::string host_;
    std::deque<std::string> waiting_;
    std::size_t under_way_ = 0;
};

sms_gateway::sms_gateway(asio::io_context& context) : queue_(std::make_shared<queue>(context)) {}
sms_gateway::~sms_gateway() = default;

problems sms_gateway::open(const net::endpoint& at) { return queue_->open(at); }
void sms_gateway::send(std::string_view vin) { queue_->send(vin); }
std::uint64_t sms_gateway::failed() const { return queue_->failed; }

} // namespace loadsim::backend
