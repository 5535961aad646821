// The target: broker, API with its TLS files and credentials, embedded backend.
#include "schema.hpp"
#include "schema/composite_types.hpp"

#include <loadsim/net/url.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::scenario {
namespace {

using driver::auth_options;

struct auth_keys {
    std::optional<std::string> bearer;
    std::optional<auth_options::basic_options> basic;
    std::optional<auth_options::api_key_options> api_key;
    std::optional<auth_options::oauth2_options> oauth2;
    std::optional<auth_options::sigv4_options> sigv4;
};

struct embedded_keys {
    backend::options backend;
    std::optional<std::string> password;
    std::optional<embedded_tls> tls;
    value_types::cluster_choice kafka;
    std::optional<backend::bridge_options> bridge;
};

struct target_keys {
    std::optional<std::vector<net::endpoint>> broker;
    std::optional<std::vector<net::endpoint>> api;
    std::string user;
    std::string password;
    std::optional<net::tls_options> tls;
    std::optional<net::endpoint> proxy;
    std::optional<driver::auth_options> auth;
    std::optional<embedded_keys> embedded;
};

/// A URL, or a list of them.
struct urls {
    value_types::endpoint one;

    void read(read_context& r, const yaml_node& n, std::vector<net::endpoint>& out) const {
        if (n.what == yaml_node::kind::list) {
            if (n.items.empty()) return r.add_problem(n, "no URL is named here; one is the least");
            return all().read(r, n, out);
        }
        out.assign(1, {});
        one.read(r, n, out.front());
    }
    yaml_node write(const std::vector<net::endpoint>& of) const {
        return of.size() == 1 ? one.write(of.front()) : all().write(of);
    }
    boost::json::object schema() const { return value_types::any_of(one.schema(), all().schema()); }

private:
    value_types::list<value_types::endpoint> all() const { return {one, "URLs", 100}; }
};

using broker_fault = embedded_tls::broker_fault;
constexpr choices::table<broker_fault, 5> broker_faults{{"none", "wrong-host", "expired", "untrusted", "old-version"},
                                                        {broker_fault::none, broker_fault::wrong_host,
                                                         broker_fault::expired, broker_fault::untrusted,
                                                         broker_fault::old_version}};

} // namespace

template <class V>
void describe(V& v, embedded_tls& t) {
    v.field("mutual", t.mutual,
            "true: every session needs a certificate of the run's CA. Its common name is the user, and each vehicle "
            "reaches only the topics of its own.",
            value_types::flag{});
    v.field("fault", t.fault,
            "What is wrong with the broker, which every session must refuse: the certificate is for another host, "
            "expired or of an unknown CA, or the broker has TLS 1.1 at most.",
            broker_faults.type());
}

namespace {

template <class V>
void describe(V& v, embedded_keys& k) {
    v.field("password", k.password,
            "Password that the embedded broker demands from everybody: loadsim's own sessions, and vehicles without a "
            "user in "
            "fleet.mqtt, connect as loadsim with it; left out: the broker accepts everybody.",
            value_types::secret{});
    v.field("tls", k.tls,
            "The embedded broker serves TLS, with certificates made for the run; {} is enough. Left out: plain TCP.",
            value_types::object<embedded_tls>{});
    v.field("kafka", k.kafka,
            "A cluster with the Kafka API in loadsim's process, and a bridge to it from the embedded broker: true, or "
            "its topics.",
            value_types::kafka_cluster{});
    v.field("bridge", k.bridge, "What the bridge to the embedded cluster forwards, and its faults.",
            value_types::kafka_bridge{});
    describe(v, k.backend);
}

template <class V>
void describe(V& v, target_keys& k) {
    v.field("broker", k.broker,
            "URL of the broker, mqtt://host:1883 or mqtts://host:8883, or a list: vehicles use them round robin, and "
            "the next one after a "
            "failure.",
            urls{{net::parse_broker_url}});
    v.field("api", k.api,
            "URL of the API, http://host:8080 or https://host, or a list: used round robin, and the next one after a "
            "failure.",
            urls{{net::parse_api_url}});
    v.field("user", k.user,
            "User name of loadsim's own MQTT sessions, not of the vehicles; may contain ${ENVIRONMENT_VARIABLE}.",
            value_types::environment_text{});
    v.field("password", k.password,
            "Password of loadsim's own MQTT sessions: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
            value_types::secret{});
    v.field("tls", k.tls,
            "TLS of the connections to the API, for https, and of loadsim's own MQTT sessions, for mqtts.",
            value_types::tls{});
    v.field("proxy", k.proxy, "HTTP proxy for the API: http://host:3128.", value_types::endpoint{net::parse_api_url});
    v.field("auth", k.auth, "Credentials for every request to the API.", value_types::auth{});
    v.field("embedded", k.embedded,
            "Options of the embedded broker and backend; unused if broker and api are both given.",
            value_types::object<embedded_keys>{});
}

} // namespace

template <class V>
void describe(V& v, auth_options::basic_options& o) {
    v.required("user", o.user, "User name; may contain ${ENVIRONMENT_VARIABLE}.", value_types::environment_text{});
    v.required("password", o.password, "Password: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
               value_types::secret{});
}

template <class V>
void describe(V& v, auth_options::api_key_options& o) {
    v.field("header", o.header, "Name of the header that carries the key.", value_types::text{});
    v.required("value", o.value, "Key: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.", value_types::secret{});
}

template <class V>
void describe(V& v, auth_options::oauth2_options& o) {
    v.required("tokenUrl", o.token_url, "URL of the token endpoint, http or https.",
               value_types::environment_text{.url = true});
    v.required("clientId", o.client_id, "Client identifier; may contain ${ENVIRONMENT_VARIABLE}.",
               value_types::environment_text{});
    v.required("clientSecret", o.client_secret, "Client secret: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
               value_types::secret{});
    v.field("scope", o.scope, "Scope of the token; empty: the default of the server.", value_types::text{});
}

template <class V>
void describe(V& v, auth_options::sigv4_options& o) {
    v.required("region", o.region, "Region, such as eu-central-1.", value_types::text{});
    v.field("service", o.service, "Service name in the signature.", value_types::text{});
    v.required("accessKey", o.access_key, "Access key id; may contain ${ENVIRONMENT_VARIABLE}.",
               value_types::environment_text{});
    v.required("secretKey", o.secret_key, "Secret access key: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
               value_types::secret{});
    v.field("sessionToken", o.session_token,
            "Session token of temporary credentials: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
            value_types::secret{});
}

template <class V>
void describe(V& v, auth_keys& k) {
    v.field("bearer", k.bearer, "Bearer token: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.",
            value_types::secret{});
    v.field("basic", k.basic, "User name and password (RFC 7617).", value_types::object<auth_options::basic_options>{});
    v.field("apiKey", k.api_key, "API key in a header.", value_types::object<auth_options::api_key_options>{});
    v.field("oauth2", k.oauth2, "OAuth 2.0 client credentials (RFC 6749, 4.4); the token is renewed before it expires.",
            value_types::object<auth_options::oauth2_options>{});
    v.field("sigv4", k.sigv4, "AWS Signature Version 4.", value_types::object<auth_options::sigv4_options>{});
}

template <class V>
void describe(V& v, backend::options& o) {
    v.field("services", o.services, "Services, each with its deadlines.",
            value_types::keyed_list<value_types::service_limits>{{}, "services", 100});
    v.field("workers", o.workers,
            "Requests that the backend processes at once, each until its command is sent; others wait. Left out: any "
            "number.",
            value_types::integer<std::uint32_t>{1, 1'000'000});
    v.field("queue", o.queue,
            "Requests that wait for a worker at most (left out: 10000); further ones are rejected with status 503.",
            value_types::integer<std::uint32_t>{1, 10'000'000});
    v.field("database", o.database, "SQLite file; empty: in memory.", value_types::text{});
    v.field("batch", o.batch, "Maximum number of events written in one transaction.",
            value_types::integer<std::uint32_t>{1, 100'000});
    v.field("batchWindow", o.batch_window, "Longest time that a batch waits for more events.", value_types::duration{});
    v.field("timeToLive", o.time_to_live, "Time that an ended request is kept.",
            value_types::duration{.min = std::chrono::seconds{1}});
    v.field("commandQos", o.command_qos,
            "QoS of the commands; a vehicle receives them with that of its subscription at most.",
            choices::qos_number.type());
    v.field("faults", o.faults, "Faults that the backend injects: do observers and checks detect them?",
            value_types::list<value_types::fault>{{}, "faults", 100});
    v.field("wakeup", o.wakeup, "Wake-up of sleeping vehicles.", value_types::object<backend::wakeup_options>{});
}

template <class V>
void describe(V& v, backend::wakeup_options& o) {
    v.field("again", o.repeat_interval, "Interval between triggers until the vehicle has acknowledged the command.",
            value_types::duration{.min = std::chrono::milliseconds{10}});
}

namespace value_types {
namespace {
constexpr std::string_view keyword = "embedded";
}

void target::read(read_context& r, const yaml_node& n, scenario::target& out) const {
    target_keys keys;
    if (n.what == yaml_node::kind::scalar) {
        if (n.text != keyword)
            return r.add_problem(n, net::without_userinfo("'" + n.text + "'") +
                                        " is no target; write embedded, or {broker: mqtt://HOST, api: http://HOST}");
    } else {
        keys.embedded.emplace().backend.services.clear(); // empty unless the scenario lists services
        object<target_keys>{}.read(r, n, keys);
        if (n.what != yaml_node::kind::map) return;
    }
    out = {};
    const auto assign = [](const std::optional<std::vector<net::endpoint>>& all, std::optional<net::endpoint>& first,
                           std::vector<net::endpoint>& more) {
        if (!all || all->empty()) return;
        first = all->front();
        more.assign(all->begin() + 1, all->end());
    };
    assign(keys.broker, out.broker, out.more_brokers);
    assign(keys.api, out.api, out.more_apis);
    out.tls = keys.tls.value_or(net::tls_options{});
    out.proxy = keys.proxy;
    out.auth = keys.auth.value_or(driver::auth_options{});
    if (!out.api && (keys.proxy || keys.auth)) r.add_problem(n, "proxy and auth are for an API, and none is given");
    if (keys.tls && !out.api && std::ranges::none_of(brokers_of(out), net::uses_tls))
        r.add_problem(*n.find("tls"), "tls is for an API or for a broker with TLS (mqtts://), and neither is given");
    out.embedded = n.what == yaml_node::kind::scalar || n.find(keyword) != nullptr;
    if (out.broker) {
        const auto set_credentials = [&keys](net::endpoint& broker) {
            broker.user = keys.user;
            broker.password = keys.password;
        };
        set_credentials(*out.broker);
        std::ranges::for_each(out.more_brokers, set_credentials);
    } else if ((out.api || out.embedded) && (!keys.user.empty() || !keys.password.empty())) {
        r.add_problem(n, "user and password are for a broker, and none is given");
    }
    out.backend.services.clear(); // resolve_defaults() sets the default
    if (keys.embedded) {
        out.backend = keys.embedded->backend;
        if (out.backend.queue && !out.backend.workers)
            r.add_problem(*n.find(keyword)->find("queue"),
                          "requests wait in the queue for a worker, and their number is not limited; give workers, or "
                          "leave queue out");
        const auto& password = keys.embedded->password;
        out.embedded_password = password.value_or("");
        out.embedded_tls = keys.embedded->tls;
        out.embedded_kafka = std::move(keys.embedded->kafka.options);
        if (keys.embedded->bridge && !out.embedded_kafka)
            r.add_problem(*n.find(keyword)->find("bridge"),
                          "a bridge leads to the embedded cluster; write kafka: true beside it, or leave it out");
        else if (keys.embedded->bridge)
            out.embedded_kafka->bridge = std::move(*keys.embedded->bridge);
        if (out.embedded_kafka && out.broker)
            r.add_problem(*n.find(keyword)->find("kafka"),
                          "the bridge to the embedded cluster is for the embedded broker, and target.broker replaces "
                          "it; leave kafka out, and give a tap the brokers of your cluster");
        if (out.embedded_tls && out.broker)
            r.add_problem(
                *n.find(keyword)->find("tls"),
                "target.embedded.tls is for the embedded broker, and target.broker replaces it; leave tls out, "
                "and give the broker's URL with mqtts://");
        const auto wrong = [&](const char* why) {
            r.add_problem(*n.find(keyword)->find("password"), std::string("target.embedded.password ") + why);
        };
        if (password && password->empty())
            wrong("is empty, and the embedded broker would take anybody; set the variable or file that it is from");
        else if (out.embedded_password.find_first_of(":{}\r\n") != std::string::npos)
            wrong("has a colon, a brace or a line break, which the broker's password file cannot hold; choose another "
                  "one");
        else if (password && out.embedded_tls && out.embedded_tls->mutual)
            wrong("is not read with tls.mutual: the user follows from the certificate; leave one of them out");
        else if (password && out.broker)
            wrong("is for the embedded broker, and target.broker replaces it; give target.user and target.password");
    }
    if (!keys.broker && !keys.api && !out.embedded) r.add_problem(n, "a target is embedded, or has a broker");
}

yaml_node target::write(const scenario::target& t) const {
    target_keys keys;
    if (t.broker) keys.broker = brokers_of(t);
    if (t.api) keys.api = apis_of(t);
    if (t.tls != net::tls_options{}) keys.tls = t.tls;
    keys.proxy = t.proxy;
    if (t.auth.type != driver::auth_options::kind::none) keys.auth = t.auth;
    if (t.broker) {
        keys.user = t.broker->user;
        keys.password = t.broker->password;
    }
    if (t.embedded) keys.embedded.emplace().backend = t.backend;
    if (t.embedded && !t.embedded_password.empty()) keys.embedded->password = t.embedded_password;
    if (t.embedded) keys.embedded->tls = t.embedded_tls;
    if (t.embedded && t.embedded_kafka) {
        keys.embedded->kafka.options = t.embedded_kafka;
        keys.embedded->bridge = t.embedded_kafka->bridge;
    }
    return object<target_keys>{}.write(keys);
}

json::object target::schema() const {
    return {{"anyOf", json::array{json::object{{"const", keyword}}, object<target_keys>{}.schema()}}};
}

void auth::read(scenario::read_context& r, const yaml_node& n, driver::auth_options& out) const {
    auth_keys keys;
    object<auth_keys>{}.read(r, n, keys);
    if (n.what != yaml_node::kind::map) return;
    using enum auth_options::kind;
    out = {};
    int given = 0;
    const auto assign = [&](auto& from, auto& into, auth_options::kind what) {
        if (!from) return;
        into = std::move(*from);
        out.type = what;
        ++given;
    };
    assign(keys.bearer, out.bearer, bearer);
    assign(keys.basic, out.basic, basic);
    assign(keys.api_key, out.api_key, api_key);
    assign(keys.oauth2, out.oauth2, oauth2);
    assign(keys.sigv4, out.sigv4, sigv4);
    if (given > 1) r.add_problem(n, "one of bearer, basic, apiKey, oauth2 and sigv4 is enough");
}

yaml_node auth::write(const driver::auth_options& o) const {
    auth_keys keys;
    switch (o.type) {
    case auth_options::kind::none: break;
    case auth_options::kind::bearer: keys.bearer = o.bearer; break;
    case auth_options::kind::basic: keys.basic = o.basic; break;
    case auth_options::kind::api_key: keys.api_key = o.api_key; break;
    case auth_options::kind::oauth2: keys.oauth2 = o.oauth2; break;
    case auth_options::kind::sigv4: keys.sigv4 = o.sigv4; break;
    }
    return object<auth_keys>{}.write(keys);
}

json::object auth::schema() const { return object<auth_keys>{}.schema(); }

void service_limits::read(read_context& r, const yaml_node& n, backend::service& out) const {
    object<backend::deadlines>{}.read(r, n, out.limits);
}
yaml_node service_limits::write(const backend::service& s) const {
    return object<backend::deadlines>{}.write(s.limits);
}
boost::json::object service_limits::schema() const { return object<backend::deadlines>{}.schema(); }

} // namespace value_types
} // namespace loadsim::scenario
