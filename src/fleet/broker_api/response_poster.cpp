#include "broker_api/response_poster.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/template_symbols.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::fleet {

namespace {

constexpr contract::template_symbols symbols{.variables = contract::bit(contract::variable::vin) |
                                                          contract::bit(contract::variable::request_id)};

} // namespace

result<contract::text_template> inbound_header(const std::string& text) {
    std::vector<std::string> pointers; // none: there is no command to read from
    return contract::text_template::compile(text, symbols, pointers);
}

result<contract::text_template> inbound_path(const std::string& text) {
    std::vector<std::string> pointers;
    return contract::text_template::compile_path(text, symbols, pointers);
}

response_poster::response_poster(const broker_api_options& o, std::uint64_t seed, std::uint32_t source,
                                 const client_factory& make_client)
    : options_(o.inbound), faults_(make_fault_plan(o.faults, fault_target::responses, seed, source)),
      path_(inbound_path(options_.path).value()) {
    for (const auto& [name, text] : options_.headers) headers_.emplace_back(name, inbound_header(text).value());
    const bool has_content_type =
        std::ranges::any_of(headers_, [](const auto& h) { return equal_ignoring_case(h.first, "Content-Type"); });
    if (!has_content_type) headers_.emplace_back("Content-Type", inbound_header("application/json").value());
    if (options_.url.empty()) return;
    auto client = make_client(*this);
    if (client)
        client_ = std::move(*client);
    else
        refusal_ = to_string(client.error());
}

void response_poster::post(vehicle_id v, std::string_view vin, std::string_view request, std::string_view payload,
                           nanoseconds since_start) {
    const contract::template_values values{.vin = vin, .request_id = request};
    http::request message{
        .method = options_.method, .target = path_.rendered(values), .headers = {}, .body = std::string(payload)};
    for (const auto& [name, text] : headers_) message.headers.emplace_back(name, text.rendered(values));
    if (faults_.next(since_start) != nullptr) {
        ++counts.duplicated;
        enqueue(index(v), message);
    }
    enqueue(index(v), std::move(message));
}

void response_poster::enqueue(std::uint32_t vehicle, http::request message) {
    if (!client_) return drop("inbound: there is no URL to post responses to");
    if (pending_ >= std::size_t{options_.max_queued} + client_->max_connections())
        return drop("inbound: too many responses are queued");
    ++pending_;
    const auto [at, first] = queues_.try_emplace(vehicle);
    if (first)
        client_->send(vehicle, message);
    else
        at->second.push_back(std::move(message));
}

void response_poster::drop(const char* why) {
    ++counts.dropped;
    ++counts.reasons[why];
}

void response_poster::on_response(std::uint64_t vehicle, const http::response_view& a) {
    --pending_;
    if (a.status >= 200 && a.status < 300) {
        ++counts.posted;
    } else if (a.status != 0) {
        ++counts.rejected;
        ++counts.reasons[fmt::format("inbound: HTTP {}", a.status)];
    } else {
        ++counts.failed;
        ++counts.reasons[fmt::format("inbound: {}", a.error)];
    }
    const auto at = queues_.find(static_cast<std::uint32_t>(vehicle));
    if (at->second.empty()) {
        queues_.erase(at);
        return;
    }
    const auto next = std::move(at->second.front());
    at->second.pop_front();
    client_->send(vehicle, next);
}

void response_poster::stop() {
    if (client_) client_->stop();
    for (; pending_ > 0; --pending_) drop("inbound: not posted before the end");
    queues_.clear();
}

} // namespace loadsim::fleet
