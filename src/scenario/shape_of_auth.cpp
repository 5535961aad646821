#include "language.hpp"
#include "shapes.hpp"

#include <utility>

namespace loadsim::scenario {
namespace {

using drive::auth_options;

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
    v.required("user", o.user, "May hold ${ENVIRONMENT_VARIABLE}.", kinds::environment_text{});
    v.required("password", o.password, "The same, or {file: PATH}.", kinds::secret{});
}

template <class V>
void describe(V& v, auth_options::api_key_options& o) {
    v.field("header", o.header, "Where the key is said.", kinds::text{});
    v.required("value", o.value, "The key: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.", kinds::secret{});
}

template <class V>
void describe(V& v, auth_options::oauth2_options& o) {
    v.required("tokenUrl", o.token_url, "Where tokens are asked for, http or https.", kinds::text{});
    v.required("clientId", o.client_id, "May hold ${ENVIRONMENT_VARIABLE}.", kinds::environment_text{});
    v.required("clientSecret", o.client_secret, "The same, or {file: PATH}.", kinds::secret{});
    v.field("scope", o.scope, "Of the token; empty: whatever is given.", kinds::text{});
}

template <class V>
void describe(V& v, auth_options::sigv4_options& o) {
    v.required("region", o.region, "Such as eu-central-1.", kinds::text{});
    v.field("service", o.service, "As the signature names it.", kinds::text{});
    v.required("accessKey", o.access_key, "May hold ${ENVIRONMENT_VARIABLE}.", kinds::environment_text{});
    v.required("secretKey", o.secret_key, "The same, or {file: PATH}.", kinds::secret{});
    v.field("sessionToken", o.session_token, "Of temporary credentials.", kinds::secret{});
}

template <class V>
void describe(V& v, auth_keys& k) {
    v.field("bearer", k.bearer, "A token: text with ${ENVIRONMENT_VARIABLE}, or {file: PATH}.", kinds::secret{});
    v.field("basic", k.basic, "User and password (RFC 7617).", kinds::object<auth_options::basic_options>{});
    v.field("apiKey", k.api_key, "A key in a header.", kinds::object<auth_options::api_key_options>{});
    v.field("oauth2", k.oauth2, "Client credentials (RFC 6749, 4.4); a token is renewed before it expires.",
            kinds::object<auth_options::oauth2_options>{});
    v.field("sigv4", k.sigv4, "AWS Signature Version 4.", kinds::object<auth_options::sigv4_options>{});
}

namespace kinds {

void auth::read(scenario::reading& r, const node& n, drive::auth_options& out) const {
    auth_keys keys;
    object<auth_keys>{}.read(r, n, keys);
    if (n.what != node::kind::map) return;
    using enum auth_options::kind;
    out = {};
    int given = 0;
    const auto take = [&](auto& from, auto& into, auth_options::kind what) {
        if (!from) return;
        into = std::move(*from);
        out.is = what;
        ++given;
    };
    take(keys.bearer, out.bearer, bearer);
    take(keys.basic, out.basic, basic);
    take(keys.api_key, out.api_key, api_key);
    take(keys.oauth2, out.oauth2, oauth2);
    take(keys.sigv4, out.sigv4, sigv4);
    if (given > 1) r.wrong(n, "one of bearer, basic, apiKey, oauth2 and sigv4 is enough");
}

node auth::write(const drive::auth_options& o) const {
    auth_keys keys;
    switch (o.is) {
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

} // namespace kinds
} // namespace loadsim::scenario
