#include "schema.hpp"
#include "schema/composite_types.hpp"

namespace loadsim::scenario {

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

void broker_api::read(scenario::read_context& r, const yaml_node& n, fleet::broker_api_options& out) const {
    object<fleet::broker_api_options>{}.read(r, n, out);
}
yaml_node broker_api::write(const fleet::broker_api_options& o) const {
    return object<fleet::broker_api_options>{}.write(o);
}
json::object broker_api::schema() const { return object<fleet::broker_api_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
