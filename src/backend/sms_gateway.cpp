#include "sms_gateway.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace loadsim::backend {
namespace {

constexpr std::uint32_t at_a_time = 16;
constexpr std::size_t waiting_most = 10'000;
constexpr std::chrono::seconds within{5};

} // namespace

problems sms_gateway::open(const net::endpoint& at) {
    http::client_events& self = *this;
    auto made = http::client::make(loop_, self, {.bases = {at}, .connections = at_a_time, .timeout = within});
    if (!made)
        return problems{net::to_string(at),
                        fmt::format("the SMS gateway cannot be asked: {}", made.error().list.front().text)};
    client_ = std::move(*made);
    return {};
}

void sms_gateway::send(std::string_view vin) {
    if (open_ >= at_a_time + waiting_most) {
        ++failed_;
        return;
    }
    ++open_;
    // A VIN needs no escapes.
    client_->send(0, {.method = "POST", .target = "/sms", .body = fmt::format(R"({{"to":"{}"}})", vin)});
}

void sms_gateway::on_answer(std::uint64_t, const http::answer& seen) {
    --open_;
    if (seen.status / 100 != 2) ++failed_;
}

} // namespace loadsim::backend
