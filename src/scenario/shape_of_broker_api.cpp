#include "language.hpp"
#include "shapes.hpp"

#include <utility>

namespace loadsim::scenario {
namespace {

using fleet::badness;

struct badness_keys {
    std::optional<nanoseconds> slow;
    std::optional<std::uint16_t> status;
    std::optional<bool> reset;
    std::optional<bool> duplicate;
    std::optional<nanoseconds> retry_after;
    std::optional<std::uint32_t> every;
    std::optional<share> probability;
    std::optional<badness::burst> burst;
};

} // namespace

template <class V>
void describe(V& v, badness::burst& b) {
    v.required("at", b.at, "Since the load's start.", kinds::duration{});
    v.required("for", b.lasts, "How long it lasts.", kinds::duration{.least = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, badness_keys& k) {
    v.field("slow", k.slow, "A command is taken, and answered so much later.", kinds::duration{});
    v.field("status", k.status, "A command is answered with this, and reaches nobody.",
            kinds::whole<std::uint16_t>{400, 599});
    v.field("reset", k.reset, "The connection is reset without an answer.", kinds::flag{});
    v.field("duplicate", k.duplicate, "A vehicle's word is posted twice.", kinds::flag{});
    v.field("retryAfter", k.retry_after, "Of status: told in whole seconds.",
            kinds::duration{.least = std::chrono::seconds{1}});
    v.field("every", k.every, "Each n-th of them.", kinds::whole<std::uint32_t>{1});
    v.field("probability", k.probability, "By chance, drawn from the seed.", kinds::share_value{});
    v.field("burst", k.burst, "Only then.", kinds::object<badness::burst>{});
}

template <class V>
void describe(V& v, fleet::inbound_options& o) {
    v.field("url", o.url, "The platform's endpoint for the vehicles' words; empty: the embedded backend's.",
            kinds::text{});
    v.field("method", o.method, "Of the posts.", kinds::text{});
    v.field("path", o.path, "Behind the URL's own; may hold {vin} and {request.id}.", kinds::text{});
    v.field("headers", o.headers, "Besides Content-Type: application/json.", kinds::named_texts{});
    v.field("tls", o.tls, "Of https: files in PEM.", kinds::tls{});
    v.field("connections", o.connections, "At most, over all shards.", kinds::whole<std::uint32_t>{1, 10'000});
    v.field("timeout", o.timeout, "For an answer.", kinds::duration{.least = std::chrono::milliseconds{1}});
    v.field("waiting", o.waiting, "Words that wait for a connection, in each shard; more are dropped and counted.",
            kinds::whole<std::uint32_t>{1});
    v.field("presence", o.presence, "What vehicles say of themselves is posted too.", kinds::flag{});
}

template <class V>
void describe(V& v, fleet::broker_api_options& o) {
    v.field("listen", o.listen, "Address and port; port 0: any free one. Its URL is {brokerApi.url}.", kinds::text{});
    v.field("method", o.method, "Of the platform's commands.", kinds::text{});
    v.field("path", o.path, "{vin}: that level; any other level in braces may be anything.", kinds::text{});
    v.field("vin", o.vin, "Where a command says its vehicle, a source; empty: the path's {vin}.", kinds::text{});
    v.field("status", o.status, "A command that is taken is answered with.", kinds::whole<std::uint16_t>{200, 299});
    v.field("body", o.body, "Of that answer.", kinds::text{10'000});
    v.field("inbound", o.inbound, "Where the vehicles' words go.", kinds::object<fleet::inbound_options>{});
    v.field("badness", o.badness, "What it gets wrong, on purpose.", kinds::list<kinds::badness>{{}, "badness", 100});
    v.field("connections", o.connections, "Of the platform, open at once at most.",
            kinds::whole<std::uint32_t>{1, 15'000});
}

namespace kinds {

void badness::read(scenario::reading& r, const node& n, fleet::badness& out) const {
    if (!r.is_map(n, "a trouble, such as {status: 429, every: 10},")) return;
    const auto before = r.found().size();
    badness_keys keys;
    object<badness_keys>{}.read(r, n, keys);
    if (r.found().size() != before) return; // told already
    using enum fleet::badness::kind;
    int count = 0;
    const auto is = [&](bool given, fleet::badness::kind what) {
        if (!given) return;
        ++count;
        out.what = what;
    };
    is(keys.slow.has_value(), slow);
    is(keys.status.has_value(), status);
    is(keys.reset.value_or(false), reset);
    is(keys.duplicate.value_or(false), duplicate);
    if (count != 1) return r.wrong(n, "a trouble is exactly one of slow, status, reset and duplicate");
    if (keys.retry_after && out.what != status) return r.wrong(n, "only a status has a retryAfter");
    if (keys.every && keys.probability) return r.wrong(n, "every and probability exclude each other");
    out.by = keys.slow.value_or(nanoseconds{0});
    if (keys.status) out.status = *keys.status;
    out.retry_after = keys.retry_after.value_or(nanoseconds{0});
    out.every = keys.every;
    out.probability = keys.probability;
    out.only = keys.burst;
}

node badness::write(const fleet::badness& b) const {
    badness_keys keys;
    using enum fleet::badness::kind;
    switch (b.what) {
    case slow: keys.slow = b.by; break;
    case status:
        keys.status = b.status;
        if (b.retry_after != nanoseconds{0}) keys.retry_after = b.retry_after;
        break;
    case reset: keys.reset = true; break;
    case duplicate: keys.duplicate = true; break;
    }
    keys.every = b.every;
    keys.probability = b.probability;
    keys.burst = b.only;
    return object<badness_keys>{}.write(keys);
}

json::object badness::schema() const { return object<badness_keys>{}.schema(); }

void broker_api::read(scenario::reading& r, const node& n, fleet::broker_api_options& out) const {
    object<fleet::broker_api_options>{}.read(r, n, out);
}
node broker_api::write(const fleet::broker_api_options& o) const {
    return object<fleet::broker_api_options>{}.write(o);
}
json::object broker_api::schema() const { return object<fleet::broker_api_options>{}.schema(); }

} // namespace kinds
} // namespace loadsim::scenario
