#include "webhook_observer.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>
#include <loadsim/net/url.hpp>

#include <fmt/format.h>

#include <chrono>
#include <span>
#include <utility>

namespace loadsim::observer {

std::string compute_signature(const webhook_options::signature& wanted, std::string_view body) {
    const auto mac = hmac(wanted.algorithm, wanted.key, body);
    return wanted.prefix + (wanted.encoding == webhook_options::signature::coding::hex ? to_hex(mac) : to_base64(mac));
}

bool verify_signature(const webhook_options::signature& wanted, std::string_view body, std::string_view header) {
    if (!header.starts_with(wanted.prefix)) return false;
    std::string given(header);
    if (wanted.encoding == webhook_options::signature::coding::hex)
        for (auto& c : std::span(given).subspan(wanted.prefix.size())) c = ascii_lower(c);
    return constant_time_equal(given, compute_signature(wanted, body));
}

problems check(const webhook_options& o) {
    problems wrong;
    const auto check_secret = [&](const std::string& header, const std::string& value, const std::string& where,
                                  const char* what) {
        if (auto why = http::header_name_problem(header); !why.empty()) wrong.add(where + ".header", std::move(why));
        if (value.empty())
            wrong.add(where + what,
                      "it is empty, and every call would be accepted; set the variable or file that it is from");
    };
    if (const auto at = net::parse_listen_address(o.listen); !at) wrong.add(".listen", at.error().list.front().text);
    if (!o.path.starts_with('/')) wrong.add(".path", "a path begins with '/'");
    if (o.secret) check_secret(o.secret->header, o.secret->value, ".secret", ".value");
    if (o.hmac) check_secret(o.hmac->header, o.hmac->key, ".hmac", ".key");
    return wrong;
}

result<webhook_handler> webhook_handler::make(const webhook_options& wanted, const std::string& options_path) {
    problems wrong;
    for (const auto& p : check(wanted).list) wrong.add(options_path + p.location, p.text);
    auto mapping = compile_event_mapping(wanted.reading, options_path);
    if (!mapping) wrong.add(mapping.error());
    if (!wrong.empty()) return wrong;
    return webhook_handler(wanted, std::move(*mapping));
}

webhook_handler::webhook_handler(const webhook_options& wanted, contract::event_mapping mapping)
    : options_(wanted), mapping_(std::move(mapping)) {}

bool webhook_handler::is_authenticated(const http::request_view& r) const {
    const bool knows_secret =
        !options_.secret || constant_time_equal(r.header(options_.secret->header), options_.secret->value);
    const bool has_signed = !options_.hmac || verify_signature(*options_.hmac, r.body, r.header(options_.hmac->header));
    return knows_secret && has_signed;
}

webhook_handler::decision webhook_handler::handle(const http::request_view& r,
                                                  contract::field_match_stats* match_stats) const {
    if (r.path() != options_.path)
        return {.response = http::problem_details(404, "the webhook is at another path"), .refused = "another path"};
    if (r.method != "POST" && r.method != "PUT")
        return {.response = http::method_not_allowed("POST, PUT"), .refused = "another method"};
    if (const auto coding = http::compression_of(r.header("Content-Encoding")); !coding.empty() && !r.body.empty())
        return {.response = http::problem_details(415, "compressed events are not read; send them as they are"),
                .refused = "compressed body"};
    if (!is_authenticated(r)) {
        const bool has_credentials = (!options_.secret || !r.header(options_.secret->header).empty()) &&
                                     (!options_.hmac || !r.header(options_.hmac->header).empty());
        return {.response =
                    http::problem_details(401, has_credentials ? "the signature is wrong" : "there is no signature"),
                .refused = has_credentials ? "signature is wrong" : "no signature"};
    }
    contract::message_view message{.payload = r.body, .parse_limit = r.body.size()};
    message.property = [&r](std::string_view name) { return r.header(name); };
    decision made{.response = {.status = 200, .body = {}, .content_type = {}}, .is_authenticated = true};
    mapping_.extract_each(message, match_stats,
                          [&](const contract::message_view& one, std::optional<contract::extracted_event> event) {
                              if (event && event->final_outcome)
                                  event->message = contract::event_message::of(r.path(), one.payload);
                              if (event)
                                  made.events.push_back(std::move(*event));
                              else
                                  ++made.unmapped;
                          });
    if (made.events.empty() && made.unmapped != 0)
        made.response = http::problem_details(400, "the body does not hold the id of its request");
    return made;
}

webhook_observer::webhook_observer(const webhook_options& wanted, const http::limits& limits, on_completion handler,
                                   std::uint32_t index, net::byte_tap* tap)
    : options_(wanted), limits_(limits), options_path_(observer_options_path(index, "webhook")), tap_(tap),
      sink_(std::move(handler), index) {}

webhook_observer::~webhook_observer() { stop(); }

result<void> webhook_observer::start() {
    auto made = webhook_handler::make(options_, options_path_);
    if (!made) return made.error();
    handler_.emplace(std::move(*made));
    const auto at = net::parse_listen_address(options_.listen).value(); // check() has validated it
    auto listener = http::listener::start(at, {.limits = limits_, .tap = tap_},
                                          [this](const http::request_view& r) { return handle_request(r); });
    if (!listener) {
        const auto why = listener.error().list.front();
        return problems{options_path_ + ".listen", fmt::format("{}: {}", why.location, why.text)};
    }
    listener_.emplace(std::move(*listener));
    return {};
}

void webhook_observer::stop() {
    if (!listener_) return;
    count_server_rejections();
    listener_.reset();
}

http::server_response webhook_observer::handle_request(const http::request_view& r) {
    const auto now = std::chrono::steady_clock::now();
    auto decided = sink_.with_match_stats(
        [&](contract::field_match_stats& match_stats) { return handler_->handle(r, &match_stats); });
    if (decided.is_authenticated)
        sink_.trace(r.target, r.body);
    else
        sink_.trace(fmt::format("{}: refused: {}", r.target, decided.refused), {});
    for (auto& event : decided.events) sink_.deliver(std::move(event), {}, now);
    for (; decided.unmapped != 0; --decided.unmapped)
        sink_.deliver(std::nullopt, options_path_ + ": a call without the id of its request", now);
    if (!decided.is_authenticated) sink_.count_rejected(std::string(decided.refused));
    return std::move(decided.response);
}

/// Adds the requests rejected by the HTTP server itself.
void webhook_observer::count_server_rejections() {
    const auto now = listener_->counts();
    sink_.count_rejected(std::string(webhook_handler::too_large), now.oversized - last_counts_.oversized);
    sink_.count_rejected("not HTTP",
                         (now.malformed - now.oversized) - (last_counts_.malformed - last_counts_.oversized));
    sink_.count_rejected("idle or too slow", now.timed_out - last_counts_.timed_out);
    sink_.count_rejected("too many connections", now.rejected - last_counts_.rejected);
    last_counts_ = now;
}

counts webhook_observer::take_counts() {
    if (listener_) count_server_rejections();
    return sink_.take_counts();
}

std::string webhook_observer::url() const {
    if (!options_.url.empty()) return options_.url;
    return listener_ ? listener_->url() + options_.path : std::string{};
}

std::string webhook_observer::notice() const {
    if (!listener_) return {};
    const auto bound = listener_->url() + options_.path;
    return fmt::format("webhook: listens on {}{}{}", bound,
                       url() == bound ? "" : fmt::format("; its URL for the platform is {}", url()),
                       options_.secret || options_.hmac ? "" : "; it has no secret: every call is accepted");
}

} // namespace loadsim::observer
