#include "language.hpp"
#include "shapes.hpp"

namespace loadsim::scenario {
namespace {

struct target_keys {
    std::optional<net::endpoint> broker;
    std::optional<net::endpoint> api;
    std::string user;
    std::string password;
    std::optional<backend::options> embedded;
};

template <class V>
void describe(V& v, target_keys& k) {
    v.field("broker", k.broker, "mqtt://host:1883", kinds::endpoint{net::parse_broker_url});
    v.field("api", k.api, "http://host:8080", kinds::endpoint{net::parse_api_url});
    v.field("user", k.user,
            "For loadsim's own sessions at the broker, not the vehicles'; may hold ${ENVIRONMENT_VARIABLE}.",
            kinds::environment_text{});
    v.field("password", k.password, "The same; may hold ${ENVIRONMENT_VARIABLE}.",
            kinds::environment_text{.secret = true});
    v.field("embedded", k.embedded, "Options of what loadsim brings along; unused when broker and api are both given.",
            kinds::object<backend::options>{});
}

} // namespace

template <class V>
void describe(V& v, backend::options& o) {
    v.field("services", o.services, "What it serves, with the longest time in each state.",
            kinds::by_name<kinds::service_limits>{{}, "services", 100});
    v.field("database", o.database, "SQLite file; empty: in memory.", kinds::text{});
    v.field("batch", o.batch, "Events written in one transaction.", kinds::whole<std::uint32_t>{1, 100'000});
    v.field("batchWindow", o.batch_window, "A batch waits no longer than this.", kinds::duration{});
    v.field("timeToLive", o.time_to_live, "How long an ended request is remembered.",
            kinds::duration{.least = std::chrono::seconds{1}});
    v.field("commandQos", o.command_qos, "QoS of the commands that it sends; a vehicle gets them at its own at most.",
            names::qos_number.kind());
    v.field("faults", o.faults, "What it gets wrong, on purpose: to see whether it is noticed.",
            kinds::list<kinds::fault>{{}, "faults", 100});
    v.field("wake", o.wake, "How it wakes vehicles that sleep.", kinds::object<backend::wake_options>{});
}

template <class V>
void describe(V& v, backend::wake_options& o) {
    v.field("again", o.again, "It sends another trigger so long after the last, until the vehicle has acknowledged.",
            kinds::duration{.least = std::chrono::milliseconds{10}});
}

namespace kinds {
namespace {
constexpr std::string_view keyword = "embedded";
}

void target::read(reading& r, const node& n, scenario::target& out) const {
    target_keys keys;
    if (n.what == node::kind::scalar) {
        if (n.text != keyword)
            return r.wrong(n,
                           "'" + n.text + "' is no target; write embedded, or {broker: mqtt://HOST, api: http://HOST}");
    } else {
        keys.embedded.emplace().services.clear(); // none are named, until the reader comes by
        object<target_keys>{}.read(r, n, keys);
        if (n.what != node::kind::map) return;
    }
    out = {};
    out.broker = keys.broker;
    out.api = keys.api;
    out.embedded = n.what == node::kind::scalar || n.find(keyword) != nullptr;
    if (out.broker) {
        out.broker->user = keys.user;
        out.broker->password = keys.password;
    } else if ((out.api || out.embedded) && (!keys.user.empty() || !keys.password.empty())) {
        r.wrong(n, "user and password are for a broker, and none is given");
    }
    out.backend.services.clear(); // not named yet: resolve() decides
    if (keys.embedded) out.backend = *keys.embedded;
    if (!keys.broker && !keys.api && !out.embedded) r.wrong(n, "a target is embedded, or has a broker");
}

node target::write(const scenario::target& t) const {
    target_keys keys{t.broker, t.api, {}, {}, {}};
    if (t.broker) {
        keys.user = t.broker->user;
        keys.password = t.broker->password;
    }
    if (t.embedded) keys.embedded = t.backend;
    return object<target_keys>{}.write(keys);
}

json::object target::schema() const {
    return {{"anyOf", json::array{json::object{{"const", keyword}}, object<target_keys>{}.schema()}}};
}

} // namespace kinds
} // namespace loadsim::scenario
