#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <utility>

namespace loadsim::scenario {
namespace {

using fleet::fault;

struct broker_api_fault_keys {
    std::optional<nanoseconds> slow;
    std::optional<std::uint16_t> status;
    std::optional<bool> reset;
    std::optional<bool> duplicate;
    std::optional<nanoseconds> retry_after;
    std::optional<std::uint32_t> every;
    std::optional<fraction> probability;
    std::optional<fault::burst> burst;
};

} // namespace

template <class V>
void describe(V& v, fault::burst& b) {
    v.required("at", b.at, "Since the load's start.", value_types::duration{});
    v.required("for", b.lasts, "How long it lasts.", value_types::duration{.min = std::chrono::milliseconds{1}});
}

template <class V>
void describe(V& v, broker_api_fault_keys& k) {
    v.field("slow", k.slow, "A command is taken, and answered so much later.", value_types::duration{});
    v.field("status", k.status, "A command is answered with this, and reaches nobody.",
            value_types::integer<std::uint16_t>{400, 599});
    v.field("reset", k.reset, "The connection is reset without an answer.", value_types::flag{});
    v.field("duplicate", k.duplicate, "A vehicle's word is posted twice.", value_types::flag{});
    v.field("retryAfter", k.retry_after, "Of status: told in whole seconds.",
            value_types::duration{.min = std::chrono::seconds{1}});
    v.field("every", k.every, "Each n-th of them.", value_types::integer<std::uint32_t>{1});
    v.field("probability", k.probability, "By chance, drawn from the seed.", value_types::fraction_value{});
    v.field("burst", k.burst, "Only then.", value_types::object<fault::burst>{});
}

template <class V>
void describe(V& v, fleet::inbound_options& o) {
    v.field("url", o.url, "The platform's endpoint for the vehicles' words; empty: the embedded backend's.",
            value_types::text{});
    v.field("method", o.method, "Of the posts.", value_types::text{});
    v.field("path", o.path, "Behind the URL's own; may hold {vin} and {request.id}.", value_types::text{});
    v.field("headers", o.headers, "Besides Content-Type: application/json.", value_types::named_texts{});
    v.field("tls", o.tls, "Of https: files in PEM.", value_types::tls{});
    v.field("connections", o.connections, "At most, over all shards.", value_types::integer<std::uint32_t>{1, 10'000});
    v.field("timeout", o.timeout, "For an answer.", value_types::duration{.min = std::chrono::milliseconds{1}});
    v.field("waiting", o.max_queued, "Words that wait for a connection, in each shard; more are dropped and counted.",
            value_types::integer<std::uint32_t>{1});
    v.field("presence", o.presence, "What vehicles say of themselves is posted too.", value_types::flag{});
}

template <class V>
void describe(V& v, fleet::broker_api_options& o) {
    v.field("listen", o.listen, "Address and port; port 0: any free one. Its URL is {brokerApi.url}.",
            value_types::text{});
    v.field("method", o.method, "Of the platform's commands.", value_types::text{});
    v.field("path", o.path, "{vin}: that level; any other level in braces may be anything.", value_types::text{});
    v.field("vin", o.vin, "Where a command says its vehicle, a source; empty: the path's {vin}.", value_types::text{});
    v.field("status", o.status, "A command that is taken is answered with.",
            value_types::integer<std::uint16_t>{200, 299});
    v.field("body", o.body, "Of that answer.", value_types::text{10'000});
    v.field("inbound", o.inbound, "Where the vehicles' words go.", value_types::object<fleet::inbound_options>{});
    v.field("badness", o.faults, "What it gets wrong, on purpose.",
            value_types::list<value_types::broker_api_fault>{{}, "badness", 100});
    v.field("connections", o.connections, "Of the platform, open at once at most.",
            value_types::integer<std::uint32_t>{1, 15'000});
}

namespace value_types {

void broker_api_fault::read(scenario::read_context& r, const yaml_node& n, fleet::fault& out) const {
    if (!r.expect_map(n, "a trouble, such as {status: 429, every: 10},")) return;
    const auto problem_count = r.located_problems().size();
    broker_api_fault_keys keys;
    object<broker_api_fault_keys>{}.read(r, n, keys);
    if (r.located_problems().size() != problem_count) return; // already reported
    using enum fleet::fault::kind;
    int count = 0;
    const auto set_kind = [&](bool given, fleet::fault::kind what) {
        if (!given) return;
        ++count;
        out.what = what;
    };
    set_kind(keys.slow.has_value(), slow);
    set_kind(keys.status.has_value(), status);
    set_kind(keys.reset.value_or(false), reset);
    set_kind(keys.duplicate.value_or(false), duplicate);
    if (count != 1) return r.add_problem(n, "a trouble is exactly one of slow, status, reset and duplicate");
    if (keys.retry_after && out.what != status) return r.add_problem(n, "only a status has a retryAfter");
    if (keys.every && keys.probability) return r.add_problem(n, "every and probability exclude each other");
    out.delay = keys.slow.value_or(nanoseconds{0});
    if (keys.status) out.status = *keys.status;
    out.retry_after = keys.retry_after.value_or(nanoseconds{0});
    out.every = keys.every;
    out.probability = keys.probability;
    out.window = keys.burst;
}

yaml_node broker_api_fault::write(const fleet::fault& b) const {
    broker_api_fault_keys keys;
    using enum fleet::fault::kind;
    switch (b.what) {
    case slow: keys.slow = b.delay; break;
    case status:
        keys.status = b.status;
        if (b.retry_after != nanoseconds{0}) keys.retry_after = b.retry_after;
        break;
    case reset: keys.reset = true; break;
    case duplicate: keys.duplicate = true; break;
    }
    keys.every = b.every;
    keys.probability = b.probability;
    keys.burst = b.window;
    return object<broker_api_fault_keys>{}.write(keys);
}

json::object broker_api_fault::schema() const { return object<broker_api_fault_keys>{}.schema(); }

void broker_api::read(scenario::read_context& r, const yaml_node& n, fleet::broker_api_options& out) const {
    object<fleet::broker_api_options>{}.read(r, n, out);
}
yaml_node broker_api::write(const fleet::broker_api_options& o) const {
    return object<fleet::broker_api_options>{}.write(o);
}
json::object broker_api::schema() const { return object<fleet::broker_api_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
