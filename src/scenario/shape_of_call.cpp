#include "contract_keys.hpp"
#include "language.hpp"
#include "shapes.hpp"

namespace loadsim::scenario {
namespace {

enum class whom : std::uint8_t { once, vehicle };
constexpr names::table<whom, 2> for_each{{"once", "vehicle"}, {whom::once, whom::vehicle}};

} // namespace

template <class V>
void describe(V& v, drive::call_options& o) {
    v.field("name", o.name, "Used in sentences; left out: the method and the path.", kinds::text{kinds::name_length});
    v.field("method", o.method, "Of the request.", kinds::text{});
    v.required("path", o.path, "A template, behind the API's own.", kinds::text{});
    v.field("headers", o.headers, "Templates by name.", kinds::named_texts{});
    v.field("body", o.body, "A template; may hold ${ENVIRONMENT_VARIABLE}.", kinds::payload{});
    v.field("expect", o.expect, "Statuses that are right; any other ends the run before it begins.",
            kinds::list<kinds::whole<std::uint16_t>>{{100, 599}, "statuses", 100});
    v.field("capture", o.capture, "{captured.NAME} from then on: where the answer says it.", kinds::named_texts{});
    auto each = o.for_each_vehicle ? whom::vehicle : whom::once;
    v.field("forEach", each, "once, or for each vehicle.", for_each.kind());
    o.for_each_vehicle = each == whom::vehicle;
}

template <class V>
void describe(V& v, fleet::campaign_options& o) {
    v.required("name", o.name, "Used in reports; {request.id} in its templates.", kinds::text{kinds::name_length});
    v.required("at", o.at, "When it is sent, after the begin of the load.", kinds::duration{});
    v.field("segments", o.segments, "Whom it is for, by the names of fleet.segments; none: everybody.",
            kinds::list<kinds::text>{{}, "segments", 100});
    v.required("filter", o.filter, "What those vehicles subscribe to; a template, may hold {segment}.", kinds::text{});
    v.field("id", o.id, "Where a message says the campaign's name, a source; empty: all that come are of it.",
            kinds::text{});
    describe(v, o.sent);
}

namespace kinds {

void call::read(scenario::reading& r, const node& n, drive::call_options& out) const {
    object<drive::call_options>{}.read(r, n, out);
}
node call::write(const drive::call_options& o) const { return object<drive::call_options>{}.write(o); }
json::object call::schema() const { return object<drive::call_options>{}.schema(); }

void campaign::read(scenario::reading& r, const node& n, fleet::campaign_options& out) const {
    object<fleet::campaign_options>{}.read(r, n, out);
}
node campaign::write(const fleet::campaign_options& o) const { return object<fleet::campaign_options>{}.write(o); }
json::object campaign::schema() const { return object<fleet::campaign_options>{}.schema(); }

} // namespace kinds
} // namespace loadsim::scenario
