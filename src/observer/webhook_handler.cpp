#include "webhook_handler.hpp"

#include "event_sink.hpp"
#include "signature.hpp"

#include <loadsim/base/hash.hpp>

#include <utility>

namespace loadsim::observer {
result<webhook_handler> webhook_handler::make(const webhook_options& wanted, const std::string& options_path) {
    problems wrong;
    const auto check = [&](const std::string& header, const std::string& value, const std::string& where,
                           const char* what) {
        if (header.empty()) wrong.add(options_path + where + ".header", "the name of the header is missing");
        if (value.empty())
            wrong.add(options_path + where + what,
                      "is empty, and every call would be accepted; set the variable or file that it is from");
    };
    if (wanted.secret) check(wanted.secret->header, wanted.secret->value, ".secret", ".value");
    if (wanted.hmac) check(wanted.hmac->header, wanted.hmac->key, ".hmac", ".key");
    if (!wanted.path.starts_with('/')) wrong.add(options_path + ".path", "a path begins with /");
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
    if (r.method != "POST" && r.method != "PUT") {
        auto response = http::problem_details(405, "events come by POST or PUT");
        response.headers.emplace_back("Allow", "POST, PUT");
        return {.response = std::move(response), .refused = "another method"};
    }
    if (r.body.size() > body_limit)
        return {.response = http::problem_details(413, "an event has 64 KiB at most"), .refused = too_large};
    if (!is_authenticated(r)) {
        const bool has_credentials = (!options_.secret || !r.header(options_.secret->header).empty()) &&
                                     (!options_.hmac || !r.header(options_.hmac->header).empty());
        return {.response =
                    http::problem_details(401, has_credentials ? "the signature is wrong" : "there is no signature"),
                .refused = has_credentials ? "signature is wrong" : "no signature"};
    }
    contract::message_view message{.payload = r.body};
    message.property = [&r](std::string_view name) { return r.header(name); };
    decision made{.response = {.status = 200, .body = {}, .content_type = {}}, .is_authenticated = true};
    mapping_.extract_each(message, match_stats,
                          [&made](const contract::message_view&, std::optional<contract::extracted_event> event) {
                              if (event)
                                  made.events.push_back(std::move(*event));
                              else
                                  ++made.unmapped;
                          });
    if (made.events.empty() && made.unmapped != 0)
        made.response = http::problem_details(400, "the body does not hold the id of its request");
    return made;
}

} // namespace loadsim::observer
