// Campaigns: messages to many vehicles.
#include "schema.hpp"
#include "schema/composite_types.hpp"
#include "schema/contract_keys.hpp"

namespace loadsim::scenario {

template <class V>
void describe(V& v, fleet::campaign_options& o) {
    v.required("name", o.name, "Name in reports, and {request.id} in the campaign's templates.",
               value_types::name_text{});
    v.required("at", o.at, "Time of publishing, after the start of the load.", value_types::duration{});
    v.field("segments", o.segments, "Names of the addressed segments; empty: all vehicles.",
            value_types::list<value_types::text>{{}, "segments", 100});
    v.required("filter", o.filter, "Topic filter that the addressed vehicles subscribe to: a template with {segment}.",
               value_types::placeholder_text{});
    v.field("id", o.id,
            "Field path of the campaign's name in a message; empty: every message that matches the filter is of the "
            "campaign.",
            value_types::text{});
    describe(v, o.message);
}

namespace value_types {

void campaign::read(scenario::read_context& r, const yaml_node& n, fleet::campaign_options& out) const {
    object<fleet::campaign_options>{}.read(r, n, out);
}
yaml_node campaign::write(const fleet::campaign_options& o) const { return object<fleet::campaign_options>{}.write(o); }
json::object campaign::schema() const { return object<fleet::campaign_options>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
