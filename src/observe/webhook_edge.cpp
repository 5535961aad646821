#include "webhook_edge.hpp"

#include "ear.hpp"
#include "signature.hpp"

#include <utility>

namespace loadsim::observe {
result<webhook_edge> webhook_edge::make(const webhook_options& wanted, const std::string& place) {
    problems wrong;
    const auto check = [&](const std::string& header, const std::string& value, const std::string& where,
                           const char* what) {
        if (header.empty()) wrong.add(place + where + ".header", "nothing says in which header it comes; name one");
        if (value.empty())
            wrong.add(place + where + what,
                      "is empty, and anybody could send that; set the variable or file it is from");
    };
    if (wanted.secret) check(wanted.secret->header, wanted.secret->value, ".secret", ".value");
    if (wanted.hmac) check(wanted.hmac->header, wanted.hmac->key, ".hmac", ".key");
    if (!wanted.path.starts_with('/')) wrong.add(place + ".path", "a path begins with /");
    auto reading = reading_of_events(wanted.reading, place);
    if (!reading) wrong.add(reading.error());
    if (!wrong.empty()) return wrong;
    return webhook_edge(wanted, std::move(*reading));
}

webhook_edge::webhook_edge(const webhook_options& wanted, contract::reading reading)
    : options_(wanted), reading_(std::move(reading)) {}

bool webhook_edge::is_proven(const http::incoming& r) const {
    const bool knows_secret =
        !options_.secret || same_secret(r.header(options_.secret->header), options_.secret->value);
    const bool has_signed = !options_.hmac || is_signed(*options_.hmac, r.body, r.header(options_.hmac->header));
    return knows_secret && has_signed;
}

webhook_edge::decision webhook_edge::decide(const http::incoming& r, contract::fit* watch) const {
    if (r.path() != options_.path)
        return {.answer = http::problem(404, "the webhook is at another path"), .refused = "another path"};
    if (r.method != "POST" && r.method != "PUT") {
        auto answer = http::problem(405, "events come by POST or PUT");
        answer.headers.emplace_back("Allow", "POST, PUT");
        return {.answer = std::move(answer), .refused = "another method"};
    }
    if (r.body.size() > body_limit)
        return {.answer = http::problem(413, "an event has 64 KiB at most"), .refused = too_large};
    if (!is_proven(r)) {
        const bool is_there = (!options_.secret || !r.header(options_.secret->header).empty()) &&
                              (!options_.hmac || !r.header(options_.hmac->header).empty());
        return {.answer = http::problem(401, is_there ? "the signature is wrong" : "there is no signature"),
                .refused = is_there ? "signature is wrong" : "no signature"};
    }
    contract::heard message{.payload = r.body};
    message.named = [&r](std::string_view name) { return r.header(name); };
    decision made{.answer = {.status = 200, .body = {}, .content_type = {}}, .is_proven = true};
    reading_.read_each(message, watch, [&made](const contract::heard&, std::optional<contract::said> said) {
        if (said)
            made.said.push_back(std::move(*said));
        else
            ++made.unread;
    });
    if (made.said.empty() && made.unread != 0)
        made.answer = http::problem(400, "the body does not say which request it is of");
    return made;
}

} // namespace loadsim::observe
