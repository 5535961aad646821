#include "language.hpp"
#include "shapes.hpp"

#include <algorithm>

namespace loadsim::scenario {
namespace {

struct target_keys {
    std::optional<std::vector<net::endpoint>> broker;
    std::optional<std::vector<net::endpoint>> api;
    std::string user;
    std::string password;
    std::optional<http::tls_options> tls;
    std::optional<net::endpoint> proxy;
    std::optional<drive::auth_options> auth;
    std::optional<backend::options> embedded;
};

/// A URL, or a list of them.
struct urls {
    kinds::endpoint one;

    void read(reading& r, const node& n, std::vector<net::endpoint>& out) const {
        if (n.what == node::kind::list) {
            if (n.items.empty()) return r.wrong(n, "no URL is named here; one is the least");
            return all().read(r, n, out);
        }
        out.assign(1, {});
        one.read(r, n, out.front());
    }
    node write(const std::vector<net::endpoint>& of) const {
        return of.size() == 1 ? one.write(of.front()) : all().write(of);
    }
    boost::json::object schema() const { return kinds::any_of(one.schema(), all().schema()); }

private:
    kinds::list<kinds::endpoint> all() const { return {one, "URLs", 100}; }
};

template <class V>
void describe(V& v, target_keys& k) {
    v.field("broker", k.broker, "mqtt://host:1883, or a list: vehicles take them in turn, and the next when one fails.",
            urls{{net::parse_broker_url}});
    v.field("api", k.api, "http://host:8080 or https://host, or a list: in turn, and the next when one fails.",
            urls{{net::parse_api_url}});
    v.field("user", k.user,
            "For loadsim's own sessions at the broker, not the vehicles'; may hold ${ENVIRONMENT_VARIABLE}.",
            kinds::environment_text{});
    v.field("password", k.password, "The same; may hold ${ENVIRONMENT_VARIABLE}.",
            kinds::environment_text{.secret = true});
    v.field("tls", k.tls, "Of https: files in PEM.", kinds::tls{});
    v.field("proxy", k.proxy, "HTTP proxy for the API: http://host:3128.", kinds::endpoint{net::parse_api_url});
    v.field("auth", k.auth, "What the API asks for, of every request.", kinds::auth{});
    v.field("embedded", k.embedded, "Options of what loadsim brings along; unused when broker and api are both given.",
            kinds::object<backend::options>{});
}

} // namespace

template <class V>
void describe(V& v, http::tls_options& o) {
    v.field("ca", o.ca, "Certificates that are trusted; empty: the system's.", kinds::text{});
    v.field("certificate", o.certificate, "Ours, with its chain; empty: none.", kinds::text{});
    v.field("key", o.key, "Of our certificate; empty: it is in the same file.", kinds::text{});
}

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
    const auto take = [](const std::optional<std::vector<net::endpoint>>& all, std::optional<net::endpoint>& first,
                         std::vector<net::endpoint>& more) {
        if (!all || all->empty()) return;
        first = all->front();
        more.assign(all->begin() + 1, all->end());
    };
    take(keys.broker, out.broker, out.more_brokers);
    take(keys.api, out.api, out.more_apis);
    out.tls = keys.tls.value_or(http::tls_options{});
    out.proxy = keys.proxy;
    out.auth = keys.auth.value_or(drive::auth_options{});
    if (!out.api && (keys.tls || keys.proxy || keys.auth))
        r.wrong(n, "tls, proxy and auth are for an API, and none is given");
    out.embedded = n.what == node::kind::scalar || n.find(keyword) != nullptr;
    if (out.broker) {
        const auto let_in = [&keys](net::endpoint& broker) {
            broker.user = keys.user;
            broker.password = keys.password;
        };
        let_in(*out.broker);
        std::ranges::for_each(out.more_brokers, let_in);
    } else if ((out.api || out.embedded) && (!keys.user.empty() || !keys.password.empty())) {
        r.wrong(n, "user and password are for a broker, and none is given");
    }
    out.backend.services.clear(); // not named yet: resolve() decides
    if (keys.embedded) out.backend = *keys.embedded;
    if (!keys.broker && !keys.api && !out.embedded) r.wrong(n, "a target is embedded, or has a broker");
}

node target::write(const scenario::target& t) const {
    target_keys keys;
    if (t.broker) keys.broker = brokers_of(t);
    if (t.api) keys.api = apis_of(t);
    if (t.tls != http::tls_options{}) keys.tls = t.tls;
    keys.proxy = t.proxy;
    if (t.auth.is != drive::auth_options::kind::none) keys.auth = t.auth;
    if (t.broker) {
        keys.user = t.broker->user;
        keys.password = t.broker->password;
    }
    if (t.embedded) keys.embedded = t.backend;
    return object<target_keys>{}.write(keys);
}

void tls::read(reading& r, const node& n, http::tls_options& out) const {
    object<http::tls_options>{}.read(r, n, out);
}
node tls::write(const http::tls_options& o) const { return object<http::tls_options>{}.write(o); }
json::object tls::schema() const { return object<http::tls_options>{}.schema(); }

json::object target::schema() const {
    return {{"anyOf", json::array{json::object{{"const", keyword}}, object<target_keys>{}.schema()}}};
}

} // namespace kinds
} // namespace loadsim::scenario
