#include "schema.hpp"
#include "schema/composite_types.hpp"

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
    v.required("tokenUrl", o.token_url, "URL of the token endpoint, http or https.", value_types::text{});
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

namespace value_types {

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

} // namespace value_types
} // namespace loadsim::scenario
