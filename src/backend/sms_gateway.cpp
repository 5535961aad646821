#include "sms_gateway.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::uint32_t connections_max = 16;
constexpr std::size_t waiting_max = 10'000;
constexpr std::chrono::seconds request_timeout{5};

} // namespace

problems sms_gateway::open(const net::endpoint& at) {
    http::client_events& self = *this;
    auto made = http::client::make(loop_, self,
                                   {.base_urls = {at}, .max_connections = connections_max, .timeout = request_timeout});
    if (!made)
        return problems{net::to_string(at),
                        fmt::format("the SMS gateway cannot be asked: {}", made.error().list.front().text)};
    client_ = std::move(*made);
    return {};
}

void sms_gateway::send(std::string_view vin) {
    if (pending_ >= connections_max + waiting_max) {
        ++failed_;
        return;
    }
    ++pending_;
    // A VIN needs no escaping.
    client_->send(0, {.method = "POST", .target = "/sms", .body = fmt::format(R"({{"to":"{}"}})", vin)});
}

void sms_gateway::on_response(std::uint64_t, const http::response_view& response) {
    --pending_;
    if (response.status / 100 != 2) ++failed_;
}

} // namespace loadsim::backend
