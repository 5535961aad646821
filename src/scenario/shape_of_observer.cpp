#include "contract_keys.hpp"
#include "language.hpp"
#include "shapes.hpp"

#include <loadsim/base/names.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace loadsim::scenario {
namespace {

using signature = observe::webhook_options::signature;

constexpr names::table<signature::digest, 3> digests{
    {"sha256", "sha1", "sha512"}, {signature::digest::sha256, signature::digest::sha1, signature::digest::sha512}};
constexpr names::table<signature::coding, 2> codings{{"hex", "base64"},
                                                     {signature::coding::hex, signature::coding::base64}};

constexpr std::array<std::string_view, std::variant_size_v<observe::options>> documentation{
    "The platform's event topic.",
    "The platform calls us; its URL is {webhook.url}.",
    "The platform's API is asked until it says an end.",
    "The answer to the request itself is the end: a synchronous API.",
    "Nobody tells: the vehicle's last word ends a request.",
    "Server-sent events of the platform's API.",
    "Text messages of a WebSocket at the platform's API."};

/// Calls `use` with the options of that kind, as they are when nobody says anything.
template <class Use, std::size_t... I>
void with_kind(std::size_t kind, Use&& use, std::index_sequence<I...>) {
    static_cast<void>(((kind == I ? (use(std::variant_alternative_t<I, observe::options>{}), true) : false) || ...));
}
template <class Use>
void with_kind(std::size_t kind, Use&& use) {
    with_kind(kind, std::forward<Use>(use), std::make_index_sequence<std::variant_size_v<observe::options>>{});
}

} // namespace

template <class V>
void describe(V& v, observe::webhook_options::shared_secret& s) {
    v.required("header", s.header, "Where the platform says it.", kinds::text{});
    v.required("value", s.value, "What it has to be.", kinds::secret{});
}

template <class V>
void describe(V& v, observe::webhook_options::signature& s) {
    v.required("header", s.header, "Where the platform puts the signature of the body.", kinds::text{});
    v.required("key", s.key, "What it is made with.", kinds::secret{});
    v.field("algorithm", s.algorithm, "The digest.", digests.kind());
    v.field("encoding", s.encoding, "How it is written.", codings.kind());
    v.field("prefix", s.prefix, "Before it, such as \"sha256=\".", kinds::text{});
}

/// Of observers to whom a message may bring several events.
template <class V>
void describe_each(V& v, contract::reading_options& o) {
    v.field("each", o.each,
            "Where a message has a list of events, each of which is read: payload or /pointer; empty: it is one.",
            kinds::message_source{});
}

template <class V>
void describe(V& v, observe::mqtt_options& o) {
    v.field("filter", o.filter, "What is subscribed to.", kinds::text{});
    v.field("clients", o.clients, "More than one: a shared subscription, and they take the events in turn.",
            kinds::whole<std::uint32_t>{1, 64});
    describe_each(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observe::webhook_options& o) {
    v.field("listen", o.listen, "Address and port; port 0: any free one.", kinds::text{});
    v.field("path", o.path, "Of the URL.", kinds::text{});
    v.field("url", o.url, "As the platform sees us; empty: http://, the bound address and the path.", kinds::text{});
    v.field("secret", o.secret, "A header that every call has to have.",
            kinds::object<observe::webhook_options::shared_secret>{});
    v.field("hmac", o.hmac, "How every call is signed.", kinds::object<observe::webhook_options::signature>{});
    describe_each(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observe::poll_options& o) {
    v.field("path", o.path, "A template, behind the API's own.", kinds::text{});
    v.field("first", o.first, "How long after the request was accepted it is asked for first.",
            kinds::duration{.least = std::chrono::milliseconds{1}});
    v.field("factor", o.factor, "Each wait is so much longer than the one before; 1 at least.", kinds::number{});
    v.field("cap", o.cap, "And no longer than this.", kinds::duration{.least = std::chrono::milliseconds{1}});
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observe::response_options& o) {
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observe::none_options& o) {
    v.field("deadline", o.deadline, "No last word so long after it was accepted: timed out.",
            kinds::duration{.least = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, observe::sse_options& o) {
    v.field("path", o.path, "A template, behind the API's own.", kinds::text{});
    v.field("event", o.event, "Only events of this name; empty: all.", kinds::text{});
    describe_each(v, o.reading);
    describe(v, o.reading);
}

template <class V>
void describe(V& v, observe::websocket_options& o) {
    v.field("path", o.path, "A template, behind the API's own.", kinds::text{});
    v.field("subscribe", o.subscribe, "A template, sent when it stands; empty: nothing is.", kinds::text{10'000});
    describe_each(v, o.reading);
    describe(v, o.reading);
}

namespace kinds {

void observer::read(scenario::reading& r, const node& n, observe::options& out) const {
    const bool bare = n.what == node::kind::scalar;
    if (!bare && !r.is_map(n, "an observer, such as mqtt or {webhook: {path: /events}},")) return;
    if (!bare && n.members.size() != 1)
        return r.wrong(n, "an observer is exactly one, such as {poll: {first: 1s}}; write a list of them");
    const auto& name = bare ? n.text : n.members.front().key;
    const auto found = std::ranges::find(observe::kind_names, std::string_view(name));
    if (found == std::end(observe::kind_names))
        return r.wrong(bare ? n.where : n.members.front().where, unknown_name("observer", name, observe::kind_names));
    with_kind(static_cast<std::size_t>(found - std::begin(observe::kind_names)), [&](auto made) {
        if (!bare) {
            const auto step = r.into(name);
            object<decltype(made)>{}.read(r, n.members.front().value, made);
        }
        out = std::move(made);
    });
}

node observer::write(const observe::options& o) const {
    return std::visit(
        [&](const auto& one) {
            return map_of(observe::kind_of(o), object<std::remove_cvref_t<decltype(one)>>{}.write(one));
        },
        o);
}

json::object observer::schema() const {
    json::object properties;
    for (std::size_t i = 0; i < documentation.size(); ++i)
        with_kind(i, [&](const auto& usual) {
            auto one = object<std::remove_cvref_t<decltype(usual)>>{}.schema();
            one["description"] = documentation[i];
            properties[observe::kind_names[i]] = std::move(one);
        });
    return any_of(choice_schema(observe::kind_names), json::object{{"type", "object"},
                                                                   {"additionalProperties", false},
                                                                   {"minProperties", 1},
                                                                   {"maxProperties", 1},
                                                                   {"properties", std::move(properties)}});
}

} // namespace kinds
} // namespace loadsim::scenario
