#include "inbound_poster.hpp"

#include <loadsim/contract/variables.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace loadsim::fleet {

result<contract::text_template> inbound_template(const std::string& text) {
    const contract::names known{.variables = contract::bit(contract::variable::vin) |
                                             contract::bit(contract::variable::request_id)};
    std::vector<std::string> pointers; // none: a word is no command
    return contract::text_template::compile(text, known, pointers);
}

inbound_poster::inbound_poster(const broker_api_options& o, std::uint64_t seed, std::uint32_t who, const sending& send)
    : options_(o.inbound), bad_(o.badness, seed, who), path_(inbound_template(options_.path).value()) {
    for (const auto& [name, text] : options_.headers) headers_.emplace_back(name, inbound_template(text).value());
    const bool typed =
        std::ranges::any_of(headers_, [](const auto& h) { return http::same_name(h.first, "Content-Type"); });
    if (!typed) headers_.emplace_back("Content-Type", inbound_template("application/json").value());
    if (options_.url.empty()) return;
    auto client = send(*this);
    if (client)
        client_ = std::move(*client);
    else
        refusal_ = to_string(client.error());
}

void inbound_poster::post(vehicle_id v, std::string_view vin, std::string_view request, std::string_view payload,
                          nanoseconds since) {
    const contract::values of{.vin = vin, .request_id = request};
    http::request word{
        .method = options_.method, .target = path_.rendered(of), .headers = {}, .body = std::string(payload)};
    for (const auto& [name, text] : headers_) word.headers.emplace_back(name, text.rendered(of));
    if (bad_.next_word(since) != nullptr) {
        ++counted.duplicated;
        add(index(v), word);
    }
    add(index(v), std::move(word));
}

void inbound_poster::add(std::uint32_t vehicle, http::request word) {
    if (!client_) return drop("inbound: there is nowhere to post words to");
    if (under_way_ >= std::size_t{options_.waiting} + client_->connections())
        return drop("inbound: too many words wait");
    ++under_way_;
    const auto [at, first] = busy_.try_emplace(vehicle);
    if (first)
        client_->send(vehicle, word);
    else
        at->second.push_back(std::move(word));
}

void inbound_poster::drop(const char* why) {
    ++counted.dropped;
    ++counted.reasons[why];
}

void inbound_poster::on_answer(std::uint64_t vehicle, const http::answer& a) {
    --under_way_;
    if (a.status >= 200 && a.status < 300) {
        ++counted.posted;
    } else if (a.status != 0) {
        ++counted.turned_down;
        ++counted.reasons[fmt::format("inbound: HTTP {}", a.status)];
    } else {
        ++counted.failed;
        ++counted.reasons[fmt::format("inbound: {}", a.trouble)];
    }
    const auto at = busy_.find(static_cast<std::uint32_t>(vehicle));
    if (at->second.empty()) {
        busy_.erase(at);
        return;
    }
    const auto next = std::move(at->second.front());
    at->second.pop_front();
    client_->send(vehicle, next);
}

void inbound_poster::stop() {
    if (client_) client_->stop();
    for (; under_way_ > 0; --under_way_) drop("inbound: not posted before the end");
    busy_.clear();
}

} // namespace loadsim::fleet
