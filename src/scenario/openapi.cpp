#include "openapi.hpp"

#include "check.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/spelling.hpp>
#include <loadsim/http/message.hpp>
#include <loadsim/net/url.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

constexpr int max_references = 32;        // $ref that leads to $ref
constexpr int max_depth = 8;              // of a body
constexpr std::size_t max_values = 1'000; // of a body: schemas may contain each other
constexpr std::size_t max_listed = 40;    // other operations
constexpr std::size_t max_body = 4'000;   // bytes; a text in a scenario is limited
constexpr std::size_t max_services = 20;
constexpr std::string_view default_api = "http://127.0.0.1:8080";

/// Exception for a document that cannot be translated; caught in translate_openapi().
struct unusable {
    std::string text;
};

/// Letters and digits of a name, in lower case: "vehicle_id" and "vehicleId" are one.
std::string normal_name(std::string_view name) {
    std::string normal;
    for (const char c : name) {
        const char lower = ascii_lower(c);
        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) normal += lower;
    }
    return normal;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::count(names, name) != 0;
}

bool is_vehicle(std::string_view name) {
    const auto n = normal_name(name);
    return n.ends_with("vin") ||
           is_one_of(n, {"vehicle", "vehicleid", "vehicleidentifier", "vehicleidentificationnumber", "vehicleref",
                         "car", "carid", "fin", "deviceid", "thingid", "thingname", "assetid"});
}

bool is_service(std::string_view name) {
    return is_one_of(normal_name(name),
                     {"service", "servicename", "servicetype", "serviceid", "remoteservice", "remoteserviceid",
                      "command", "commandname", "commandtype", "action", "actionname", "actiontype", "operation",
                      "operationname", "operationtype", "requesttype"});
}

/// How well a key of a response names the request: 0 not at all.
int id_rank(std::string_view name) {
    const auto n = normal_name(name);
    if (n == "id") return 2;
    for (const std::string_view stem : {"request", "command", "order", "job", "task", "operation", "transaction",
                                        "tracking", "correlation", "action", "execution", "process", "event"})
        if (n.starts_with(stem) && is_one_of(std::string_view(n).substr(stem.size()),
                                             {"id", "uuid", "number", "no", "ref", "reference", "key"}))
            return 3;
    return n.ends_with("id") || n.ends_with("uuid") ? 1 : 0;
}

/// Objects and ids of something else than the request.
bool is_of_another(std::string_view name) {
    const auto n = normal_name(name);
    return is_vehicle(name) ||
           std::ranges::any_of(std::initializer_list<std::string_view>{"vehicle", "car", "user", "customer", "client",
                                                                       "tenant", "account", "owner", "device", "error",
                                                                       "links"},
                               [&](std::string_view other) { return n.starts_with(other); });
}

/// Text of the document in a comment, on one line.
std::string in_comment(std::string_view text) { return escape_for_terminal(excerpt(text, 100)); }

/// YAML scalar, in quotes unless it is plain in any context.
std::string scalar(std::string_view text) {
    const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '-' || c == '_';
    });
    if (plain && text.front() != '-' &&
        !is_one_of(normal_name(text), {"null", "true", "false", "yes", "no", "on", "off"}))
        return std::string(text);
    if (printable_length(text) != text.size()) return json::serialize(json::string(text)); // JSON is YAML
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'') quoted += '\'';
        quoted += c;
    }
    return quoted + "'";
}

/// Template that renders as the text; `otherwise` if there is none.
std::string literal(std::string_view text, std::string_view otherwise) {
    if (text.find("${") != std::string_view::npos) return std::string(otherwise);
    std::string made;
    while (!text.empty()) {
        const auto is_letter = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '#' || c == '/';
        };
        if (text.front() != '{' || text.size() < 2 || !is_letter(text[1])) {
            made += text.front();
            text.remove_prefix(1);
            continue;
        }
        const auto end = text.find('}');
        if (end == std::string_view::npos) return std::string(otherwise);
        made += fmt::format("{{{}}}", text.substr(0, end + 1));
        text.remove_prefix(end + 1);
    }
    return made;
}

std::string text_of(const json::value* v) {
    if (v == nullptr || v->is_null()) return {};
    return v->is_string() ? std::string(v->as_string()) : json::serialize(*v);
}

/// The document with its references resolved.
class openapi_document {
public:
    explicit openapi_document(const json::value& root) : root_(root) {}

    const json::value* root() const { return &root_; }

    const json::value& resolve(const json::value& from) const {
        const auto* at = &from;
        for (int n = 0;; ++n) {
            const auto* ref = at->is_object() ? at->as_object().if_contains("$ref") : nullptr;
            if (ref == nullptr || !ref->is_string()) return *at;
            const std::string_view text = ref->as_string();
            if (!text.starts_with('#'))
                throw unusable{
                    fmt::format("'$ref: {}' leads to another document; bundle all into one first, for example "
                                "with 'npx @redocly/cli bundle'",
                                in_comment(text))};
            if (n == max_references) throw unusable{fmt::format("'$ref: {}' leads to itself", in_comment(text))};
            boost::system::error_code error;
            at = root_.find_pointer(percent_decode(text.substr(1)), error);
            if (at == nullptr) throw unusable{fmt::format("'$ref: {}' leads nowhere", in_comment(text))};
        }
    }

    /// nullptr: there is none.
    const json::value* get(const json::value* from, std::string_view key) const {
        if (from == nullptr) return nullptr;
        const auto& whole = resolve(*from);
        const auto* found = whole.is_object() ? whole.as_object().if_contains(key) : nullptr;
        return found == nullptr ? nullptr : &resolve(*found);
    }
    std::string text(const json::value* from, std::string_view key) const { return text_of(get(from, key)); }
    /// Members of an object, or items of an array; none for anything else.
    const json::object& members(const json::value* from) const {
        static const json::object none;
        if (from == nullptr) return none;
        const auto& whole = resolve(*from);
        return whole.is_object() ? whole.as_object() : none;
    }
    const json::array& items(const json::value* from) const {
        static const json::array none;
        if (from == nullptr) return none;
        const auto& whole = resolve(*from);
        return whole.is_array() ? whole.as_array() : none;
    }
    const json::value* first(const json::value* from) const {
        const auto& all = items(from);
        return all.empty() ? nullptr : &resolve(all.front());
    }

    /// Media type of JSON, else the first one; `type` is its name.
    const json::value* media(const json::value* content, std::string& type) const {
        const auto& all = members(content);
        const auto is_json = [](std::string_view t) { return t.find("json") != std::string_view::npos; };
        const json::key_value_pair* chosen = nullptr;
        for (const auto& entry : all)
            if (chosen == nullptr || (is_json(entry.key()) && !is_json(chosen->key()))) chosen = &entry;
        if (chosen == nullptr) return nullptr;
        type = chosen->key();
        return &resolve(chosen->value());
    }
    /// Example of a media type or parameter; nullptr: none.
    const json::value* example(const json::value* of) const {
        if (const auto* one = get(of, "example")) return one;
        const auto& named = members(get(of, "examples"));
        return named.empty() ? nullptr : get(&named.begin()->value(), "value");
    }

private:
    const json::value& root_;
};

/// Types of a schema: none for any.
std::vector<std::string> types_of(const openapi_document& doc, const json::value* schema) {
    std::vector<std::string> types;
    const auto* type = doc.get(schema, "type");
    if (type != nullptr && type->is_string()) types.emplace_back(type->as_string());
    for (const auto& one : doc.items(type))
        if (one.is_string() && one.as_string() != "null") types.emplace_back(one.as_string());
    return types;
}

bool may_be_text(const openapi_document& doc, const json::value* schema) {
    const auto types = types_of(doc, schema);
    return types.empty() || std::ranges::count(types, "string") != 0;
}

/// Builds templates of values from schemas and examples.
class value_builder {
public:
    explicit value_builder(const openapi_document& doc, bool for_response = false)
        : doc_(doc), for_response_(for_response) {}

    /// `example`: may be null. Properties that are not required are left out, unless the example has them or none is required.
    json::value build(const json::value* schema, std::string_view name, const json::value* example, int depth = 0) {
        if (++values_ > max_values || depth > max_depth) return nullptr;
        if (may_be_text(doc_, schema) && (example == nullptr || example->is_string())) {
            if (is_vehicle(name)) return "{vin}";
            if (is_service(name)) return json::string(service(schema, example));
        }
        if (example == nullptr) example = example_of(schema);
        for (const auto* alternatives : {"oneOf", "anyOf"})
            if (const auto* one = doc_.first(doc_.get(schema, alternatives)))
                return build(one, name, example, depth + 1);
        if (is_object(schema) || (example != nullptr && example->is_object())) return object(schema, example, depth);
        const auto types = types_of(doc_, schema);
        const bool is_list = !types.empty() && types.front() == "array";
        if (is_list || (example != nullptr && example->is_array()))
            return json::array{build(doc_.get(schema, "items"), name, doc_.first(example), depth + 1)};
        if (example != nullptr && !example->is_null())
            return example->is_string() ? json::string(literal(example->as_string(), name)) : *example;
        return by_type(schema, name, types.empty() ? "string" : types.front());
    }

    /// The same as text, for a header or a part of a URL.
    std::string text(const json::value* parameter, std::string_view name) {
        const auto made = build(doc_.get(parameter, "schema"), name, doc_.example(parameter));
        return text_of(&made);
    }

    /// Values of {service}; empty: it is not used.
    const std::vector<std::string>& services() const { return services_; }
    /// Names of values that are services, but cannot be the name of one here.
    const std::vector<std::string>& fixed_services() const { return fixed_services_; }

    std::string service(const json::value* schema, const json::value* example) {
        std::vector<std::string> values;
        for (const auto& one : doc_.items(doc_.get(schema, "enum")))
            if (one.is_string()) values.emplace_back(one.as_string());
        if (example == nullptr) example = example_of(schema);
        if (values.empty() && example != nullptr && example->is_string()) values.emplace_back(example->as_string());
        if (values.empty()) values.emplace_back("horn");
        auto fixed = values.front();
        std::erase_if(values, [](const std::string& v) { return !is_service_name(v); });
        if (values.empty()) {
            fixed_services_.push_back(fixed);
            return literal(fixed, "command");
        }
        values.resize(std::min(values.size(), max_services));
        if (services_.empty()) services_ = std::move(values);
        return "{service}";
    }

private:
    const json::value* example_of(const json::value* schema) const {
        for (const auto* key : {"example", "const", "default"})
            if (const auto* found = doc_.get(schema, key); found != nullptr && !found->is_null()) return found;
        for (const auto* key : {"examples", "enum"})
            if (const auto* found = doc_.first(doc_.get(schema, key)); found != nullptr && !found->is_null())
                return found;
        return nullptr;
    }

    bool is_object(const json::value* schema) const {
        const auto types = types_of(doc_, schema);
        return (!types.empty() && types.front() == "object") ||
               (types.empty() && (doc_.get(schema, "properties") != nullptr || doc_.get(schema, "allOf") != nullptr));
    }

    /// Adds the properties of a schema and of those that it extends.
    void add_properties(const json::value* schema, const json::value* example, int depth, json::object& made) {
        if (depth > max_depth) return;
        for (const auto& base : doc_.items(doc_.get(schema, "allOf"))) add_properties(&base, example, depth + 1, made);
        std::vector<std::string> required;
        for (const auto& one : doc_.items(doc_.get(schema, "required"))) required.push_back(text_of(&one));
        const auto* given = example != nullptr && example->is_object() ? &example->as_object() : nullptr;
        for (const auto& property : doc_.members(doc_.get(schema, "properties"))) {
            const std::string_view key = property.key();
            const auto* own = given == nullptr ? nullptr : given->if_contains(key);
            const bool wanted = for_response_ || std::ranges::count(required, key) != 0 || is_vehicle(key) ||
                                is_service(key) || (given == nullptr ? required.empty() : own != nullptr);
            const auto* read_only = doc_.get(&property.value(), "readOnly");
            const bool is_read_only = read_only != nullptr && read_only->is_bool() && read_only->as_bool();
            if (wanted && (for_response_ || !is_read_only)) made[key] = build(&property.value(), key, own, depth + 1);
        }
    }

    json::value object(const json::value* schema, const json::value* example, int depth) {
        json::object made;
        add_properties(schema, example, depth, made);
        if (example != nullptr && example->is_object())
            for (const auto& member : example->as_object())
                if (!made.contains(member.key()) && doc_.get(doc_.get(schema, "properties"), member.key()) == nullptr)
                    made[member.key()] = build(nullptr, member.key(), &member.value(), depth + 1);
        return made;
    }

    json::value by_type(const json::value* schema, std::string_view name, const std::string& type) const {
        if (type == "boolean") return true;
        if (type == "null") return nullptr;
        if (type == "integer" || type == "number") {
            const auto* least = doc_.get(schema, "minimum");
            return least != nullptr && least->is_number() ? *least : json::value(1);
        }
        const auto format = doc_.text(schema, "format");
        if (format == "date-time") return "{now:iso}";
        if (format == "date") return "2026-01-31";
        if (format == "uri" || format == "url") return "https://example.test/";
        const auto n = normal_name(name);
        const bool is_key = n.find("idempoten") != std::string::npos || n.find("correlation") != std::string::npos ||
                            n.find("requestid") != std::string::npos || n.find("transactionid") != std::string::npos;
        if (format == "uuid" || is_key) return "{random:uuid}";
        return json::string(name.empty() ? "text" : name);
    }

    const openapi_document& doc_;
    bool for_response_;
    std::size_t values_ = 0;
    std::vector<std::string> services_;
    std::vector<std::string> fixed_services_;
};

struct api_operation {
    std::string method, path, id, summary;
    const json::value* item = nullptr; ///< path item
    const json::value* own = nullptr;
    std::vector<const json::value*> parameters; ///< of path item and operation
    int score = 0;                              ///< how much it looks like a command to a vehicle; 0: not at all

    std::string name() const { return method + " " + path; }
};

/// True: one of the properties, also of a schema that it extends, is a vehicle.
bool has_vehicle(const openapi_document& doc, const json::value* schema, int depth = 0) {
    for (const auto& property : doc.members(doc.get(schema, "properties")))
        if (is_vehicle(property.key())) return true;
    if (depth == max_depth) return false;
    return std::ranges::any_of(doc.items(doc.get(schema, "allOf")),
                               [&](const json::value& base) { return has_vehicle(doc, &base, depth + 1); });
}

int score_of(const openapi_document& doc, const api_operation& o) {
    const int by_method = o.method == "POST" ? 4 : o.method == "PUT" || o.method == "PATCH" ? 2 : 0;
    if (by_method == 0) return 0;
    const bool in_path = std::ranges::any_of(o.parameters, [&](const json::value* p) {
        return doc.text(p, "in") == "path" && is_vehicle(doc.text(p, "name"));
    });
    std::string type;
    const auto* body = doc.media(doc.get(doc.get(o.own, "requestBody"), "content"), type);
    int score = by_method + (in_path ? 8 : has_vehicle(doc, doc.get(body, "schema")) ? 5 : 0);
    const auto words = normal_name(o.path + " " + o.id + " " + o.summary);
    for (const auto* word :
         {"command", "remote", "service", "action", "execut", "lock", "horn", "light", "climat", "charg"})
        if (words.find(word) != std::string::npos) {
            score += 2;
            break;
        }
    if (body != nullptr) ++score;
    if (doc.get(doc.get(o.own, "responses"), "202") != nullptr) ++score;
    const auto* deprecated = doc.get(o.own, "deprecated");
    if (deprecated != nullptr && deprecated->is_bool() && deprecated->as_bool()) score -= 3;
    return std::max(score, 1);
}

std::vector<api_operation> operations_of(const openapi_document& doc) {
    std::vector<api_operation> all;
    for (const auto& path : doc.members(doc.get(doc.root(), "paths"))) {
        const auto* item = &doc.resolve(path.value());
        for (const std::string_view method : {"get", "put", "post", "delete", "options", "head", "patch", "trace"}) {
            const auto* own = doc.get(item, method);
            if (own == nullptr || !own->is_object()) continue;
            api_operation o;
            o.method = method;
            o.path = path.key();
            o.id = doc.text(own, "operationId");
            for (auto& c : o.method) c = static_cast<char>(c - 'a' + 'A');
            o.summary = doc.text(own, "summary");
            o.item = item;
            o.own = own;
            for (const auto* list : {doc.get(own, "parameters"), doc.get(item, "parameters")})
                for (const auto& one : doc.items(list)) {
                    const auto* p = &doc.resolve(one);
                    if (std::ranges::none_of(o.parameters, [&](const json::value* known) {
                            return doc.text(known, "name") == doc.text(p, "name") &&
                                   doc.text(known, "in") == doc.text(p, "in");
                        }))
                        o.parameters.push_back(p);
                }
            o.score = score_of(doc, o);
            all.push_back(std::move(o));
        }
    }
    return all;
}

const api_operation& choose(const std::vector<api_operation>& all, std::string_view wanted) {
    if (wanted.empty()) {
        const auto best = std::ranges::max_element(all, {}, &api_operation::score);
        if (best->score > 0) return *best;
        throw unusable{"no operation sends anything (POST, PUT or PATCH); name one with --operation"};
    }
    std::vector<std::string> names;
    for (const auto& o : all) {
        if (o.id == wanted || o.name() == wanted) return o;
        names.push_back(o.id.empty() ? o.name() : o.id);
    }
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw unusable{unknown_name("operation", wanted, known)};
}

class translator {
public:
    translator(const openapi_document& doc, std::string file, const api_operation& chosen)
        : doc_(doc), file_(std::move(file)), chosen_(chosen), values_(doc) {}

    request_side translate(const std::vector<api_operation>& all) {
        request_side made;
        auto api = api_url();
        auto auth = credentials(api);
        const auto path = request_path();
        const auto body = request_body();
        add_header_parameters();
        const auto [accepted, id] = accepted_responses();

        made.target = fmt::format("api: {}{}\n{}", scalar(api), server_note_.empty() ? "" : " # " + server_note_, auth);
        made.request = fmt::format("# {} of {}{}\n", in_comment(chosen_.name()), in_comment(file_),
                                   chosen_.summary.empty() ? "" : ": " + in_comment(chosen_.summary));
        made.request += fmt::format("request:\n  method: {}\n  path: {}\n", chosen_.method, scalar(path));
        if (!headers_.empty()) made.request += "  headers:\n";
        for (const auto& [name, value] : headers_)
            made.request += fmt::format("    {}: {}\n", scalar(name), scalar(value));
        if (!body.empty()) made.request += fmt::format("  body: {}\n", scalar(body));
        made.request += fmt::format("  accepted: [{}]\n  rejected: [{}]\n  id: {}\n", fmt::join(accepted, ", "),
                                    fmt::join(rejected_statuses(), ", "), scalar(id));
        for (const auto& note : notes_) made.request += "# " + note + '\n';
        made.request += other_operations(all);
        made.services = services();
        return made;
    }

private:
    void note(std::string text) { notes_.push_back(std::move(text)); }

    std::string api_url() {
        const json::value* server = nullptr;
        for (const auto* level : {chosen_.own, chosen_.item, doc_.root()})
            if (server == nullptr) server = doc_.first(doc_.get(level, "servers"));
        auto url = doc_.text(server, "url");
        for (const auto& variable : doc_.members(doc_.get(server, "variables"))) {
            auto value = doc_.text(&variable.value(), "default");
            if (value.empty()) value = text_of(doc_.first(doc_.get(&variable.value(), "enum")));
            const auto name = fmt::format("{{{}}}", std::string_view(variable.key()));
            for (auto at = url.find(name); at != std::string::npos; at = url.find(name, at + value.size()))
                url.replace(at, name.size(), value);
        }
        while (url.ends_with('/')) url.pop_back();
        if (url.empty() || url.starts_with('/')) {
            server_note_ = "the document names no host";
            url.insert(0, default_api);
        }
        if (const auto parsed = net::parse_api_url(url); !parsed) {
            server_note_ = "the document's: " + in_comment(parsed.error().list.front().text);
            url = default_api;
        }
        return url;
    }

    /// Lines of `auth`; credentials that are not `auth` become headers or parts of the query.
    std::string credentials(const std::string& api) {
        const auto* security = doc_.get(chosen_.own, "security");
        if (security == nullptr) security = doc_.get(doc_.root(), "security");
        const json::value* requirement = doc_.first(security);
        if (requirement == nullptr || doc_.members(requirement).empty()) return {};
        std::string lines;
        for (const auto& one : doc_.members(requirement)) {
            const auto* scheme = doc_.get(doc_.get(doc_.get(doc_.root(), "components"), "securitySchemes"), one.key());
            const auto made = credential(scheme, one.key(), one.value(), api);
            if (made.empty()) continue;
            if (lines.empty())
                lines = made;
            else
                note(fmt::format("besides: {}", made.substr(0, made.find('\n'))));
        }
        if (doc_.items(security).size() > 1) note("the document has other ways to authenticate, too");
        return lines;
    }

    std::string credential(const json::value* scheme, std::string_view name, const json::value& scopes,
                           const std::string& api) {
        constexpr auto bearer = "auth: {bearer: \"${API_TOKEN}\"} # export API_TOKEN=...\n";
        const auto type = doc_.text(scheme, "type");
        if (type == "http") {
            const auto kind = normal_name(doc_.text(scheme, "scheme"));
            if (kind == "bearer") return bearer;
            if (kind == "basic")
                return "auth: {basic: {user: \"${API_USER}\", password: \"${API_PASSWORD}\"}} # export both\n";
        }
        if (type == "apiKey") return api_key(doc_.text(scheme, "in"), doc_.text(scheme, "name"));
        if (type == "openIdConnect") {
            note(fmt::format("the token is one of {}", in_comment(doc_.text(scheme, "openIdConnectUrl"))));
            return bearer;
        }
        if (type == "mutualTLS") return "# tls: {certificate: client.pem, key: client.key} # wanted by the API\n";
        if (type == "oauth2") {
            const auto* flows = doc_.get(scheme, "flows");
            const auto* client = doc_.get(flows, "clientCredentials");
            if (client == nullptr) {
                note("the document has no client credentials (OAuth 2.0): get a token by another flow");
                return bearer;
            }
            auto url = doc_.text(client, "tokenUrl");
            if (url.starts_with('/')) url.insert(0, api);
            std::string scope;
            for (const auto& s : doc_.items(&scopes)) scope += (scope.empty() ? "" : " ") + text_of(&s);
            return fmt::format(
                "auth: # export both\n  oauth2: {{tokenUrl: {}, clientId: \"${{API_CLIENT_ID}}\", clientSecret: "
                "\"${{API_CLIENT_SECRET}}\"{}}}\n",
                scalar(url), scope.empty() ? "" : ", scope: " + scalar(scope));
        }
        note(fmt::format("'{}' cannot be translated: see target.auth and contract.request.headers", in_comment(name)));
        return {};
    }

    std::string api_key(const std::string& in, const std::string& name) {
        if (in == "query")
            query_ += fmt::format("&{}=${{API_KEY}}", percent_encode(name, url_part::component));
        else if (in == "cookie")
            headers_.emplace_back("Cookie", name + "=${API_KEY}");
        else if (!http::header_name_problem(name).empty())
            note(fmt::format("the header '{}' of the key is none", in_comment(name)));
        else
            return fmt::format("auth: {{apiKey: {{header: {}, value: \"${{API_KEY}}\"}}}} # export API_KEY=...\n",
                               scalar(name));
        return {};
    }

    std::string request_path() {
        std::string made;
        std::string_view rest = chosen_.path;
        while (!rest.empty()) {
            const auto open = rest.front() == '{' ? rest.find('}') : std::string_view::npos;
            if (open == std::string_view::npos) {
                made += rest.front();
                rest.remove_prefix(1);
                continue;
            }
            made += path_value(rest.substr(1, open - 1));
            rest.remove_prefix(open + 1);
        }
        for (const auto* p : chosen_.parameters) {
            const auto* required = doc_.get(p, "required");
            if (doc_.text(p, "in") != "query" || required == nullptr || !required->is_bool() || !required->as_bool())
                continue;
            const auto name = doc_.text(p, "name");
            query_ +=
                fmt::format("&{}={}", percent_encode(name, url_part::component), url_value(values_.text(p, name)));
        }
        if (!query_.empty()) query_.front() = '?';
        return made + query_;
    }

    /// Placeholders as they are: their values are encoded when they are inserted.
    static std::string url_value(const std::string& value) {
        return value.starts_with('{') || value.starts_with("${") ? value : percent_encode(value, url_part::component);
    }

    std::string path_value(std::string_view name) {
        const auto found = std::ranges::find_if(chosen_.parameters, [&](const json::value* p) {
            return doc_.text(p, "in") == "path" && doc_.text(p, "name") == name;
        });
        const auto* parameter = found == chosen_.parameters.end() ? nullptr : *found;
        const auto* schema = doc_.get(parameter, "schema");
        if (is_vehicle(name)) {
            if (!may_be_text(doc_, schema))
                note(fmt::format("'{}' is a number: {{data.COLUMN}} inserts one from fleet.data", in_comment(name)));
            else if (normal_name(name).find("vin") == std::string::npos && normal_name(name) != "fin")
                note(fmt::format("'{}' is taken for the VIN; {{data.COLUMN}} inserts another id from fleet.data",
                                 in_comment(name)));
            return "{vin}";
        }
        if (is_service(name)) return url_value(values_.service(schema, doc_.example(parameter)));
        const auto value = values_.text(parameter, name);
        note(fmt::format("'{}' in the path is set to '{}'", in_comment(name), in_comment(value)));
        return url_value(value);
    }

    std::string request_body() {
        const auto* content = doc_.get(doc_.get(chosen_.own, "requestBody"), "content");
        std::string type;
        const auto* media = doc_.media(content, type);
        if (media == nullptr) return {};
        const auto made = values_.build(doc_.get(media, "schema"), "", doc_.example(media));
        std::string body;
        if (type.find("json") != std::string::npos) {
            body = json::serialize(made);
            if (type != "application/json" && type.find('*') == std::string::npos)
                headers_.emplace_back("Content-Type", type);
        } else if (type == "application/x-www-form-urlencoded" && made.is_object()) {
            for (const auto& member : made.as_object())
                body += fmt::format("{}{}={}", body.empty() ? "" : "&", percent_encode(member.key(), url_part::form),
                                    url_value(text_of(&member.value())));
            headers_.emplace_back("Content-Type", type);
        } else {
            note(fmt::format("the body is {}: write it yourself", in_comment(type)));
        }
        if (body.size() <= max_body) return body;
        note("the body is too large for a line: write it to a file, and body: {file: PATH}");
        return {};
    }

    void add_header_parameters() {
        for (const auto* p : chosen_.parameters) {
            const auto name = doc_.text(p, "name");
            const auto* required = doc_.get(p, "required");
            const bool is_required = required != nullptr && required->is_bool() && required->as_bool();
            const auto in = doc_.text(p, "in");
            // OpenAPI 3.1.0, 4.8.12.1: these three are described elsewhere.
            if (in == "cookie" && is_required) note(fmt::format("a cookie '{}' is required, too", in_comment(name)));
            if (in != "header" || !is_required ||
                is_one_of(normal_name(name), {"accept", "contenttype", "authorization"}))
                continue;
            if (http::header_name_problem(name).empty())
                headers_.emplace_back(name, values_.text(p, name));
            else
                note(fmt::format("the header '{}' is left out", in_comment(name)));
        }
    }

    /// Statuses of success, and where those responses have the id of the request.
    std::pair<std::vector<int>, std::string> accepted_responses() {
        std::vector<int> statuses;
        std::string id, header;
        for (const auto& one : doc_.members(doc_.get(chosen_.own, "responses"))) {
            const std::string_view status = one.key();
            const bool any = status == "2XX" || status == "2xx" || status == "default";
            if (any && statuses.empty())
                statuses = {200, 201, 202, 204};
            else if (status.size() == 3 && status[0] == '2' && std::ranges::all_of(status, is_digit))
                statuses.push_back((status[1] - '0') * 10 + (status[2] - '0') + 200);
            else if (!any)
                continue;
            std::string type;
            const auto* media = doc_.media(doc_.get(&one.value(), "content"), type);
            const auto body = value_builder(doc_, true).build(doc_.get(media, "schema"), "", doc_.example(media));
            if (id.empty()) id = id_in(body);
            for (const auto& h : doc_.members(doc_.get(&one.value(), "headers"))) {
                const auto name = normal_name(h.key());
                if (header.empty() &&
                    (name == "location" || id_rank(name.starts_with('x') ? name.substr(1) : name) == 3))
                    header = fmt::format("header:{}", std::string_view(h.key()));
            }
        }
        if (statuses.empty()) statuses = {202};
        std::ranges::sort(statuses);
        const auto repeated = std::ranges::unique(statuses);
        statuses.erase(repeated.begin(), repeated.end());
        if (id.empty()) id = header;
        if (id.empty()) note("the document has no id of the request in the response: observers find it by the vehicle");
        return {statuses, id};
    }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    /// JSON Pointer of the best id, of those the least deep; empty: none.
    static std::string id_in(const json::value& body) {
        std::vector<std::pair<std::string, const json::value*>> level{{"", &body}};
        std::string spare;
        for (int depth = 0; depth < 4; ++depth) {
            std::vector<std::pair<std::string, const json::value*>> deeper;
            std::string best;
            int best_rank = 1;
            for (const auto& [path, value] : level) {
                if (!value->is_object()) continue;
                for (const auto& member : value->as_object()) {
                    if (is_of_another(member.key())) continue;
                    std::string pointer = path + '/';
                    for (const char c : std::string_view(member.key()))
                        pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
                    if (member.value().is_object()) {
                        deeper.emplace_back(pointer, &member.value());
                        continue;
                    }
                    if (member.value().is_array()) continue;
                    const auto rank = id_rank(member.key());
                    if (rank > best_rank) {
                        best_rank = rank;
                        best = pointer;
                    }
                    if (rank == 1 && spare.empty()) spare = pointer;
                }
            }
            if (!best.empty()) return best;
            level = std::move(deeper);
        }
        return spare;
    }

    std::vector<int> rejected_statuses() const {
        std::vector<int> statuses;
        for (const int status : {409, 423})
            if (doc_.get(doc_.get(chosen_.own, "responses"), std::to_string(status)) != nullptr)
                statuses.push_back(status);
        return statuses.empty() ? std::vector{409} : statuses;
    }

    std::string services() const {
        auto names = values_.services();
        std::string comment = "what is requested, with weights";
        if (names.empty()) {
            comment = "the request does not name it; contract.command.service: '' if commands do not either";
            std::string name;
            std::string_view path = chosen_.path;
            while (!path.empty() && name.empty()) { // the last part of the path that is not a parameter
                const auto slash = path.rfind('/');
                const auto part = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
                if (part.find('{') == std::string_view::npos) name = normal_name(part);
                path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
            }
            if (!values_.fixed_services().empty()) {
                name = normal_name(values_.fixed_services().front());
                comment = fmt::format("the request has '{}'", in_comment(values_.fixed_services().front()));
            }
            names.push_back(is_service_name(name) ? name : "command");
        }
        return fmt::format("services: {{{}: 1}} # {}\n", fmt::join(names, ": 1, "), comment);
    }

    std::string other_operations(const std::vector<api_operation>& all) const {
        if (all.size() < 2) return {};
        std::string text = fmt::format("# Another one of these: {} init --openapi {} --operation 'METHOD PATH'\n",
                                       command_name(), in_comment(shell_quote(file_)));
        std::size_t listed = 0;
        for (const auto& o : all) {
            if (&o == &chosen_) continue;
            if (listed == max_listed) return text + fmt::format("#   and {} more\n", all.size() - 1 - listed);
            text += fmt::format("#   {}{}\n", in_comment(o.name()), o.id.empty() ? "" : "  " + in_comment(o.id));
            ++listed;
        }
        return text;
    }

    const openapi_document& doc_;
    std::string file_;
    const api_operation& chosen_;
    value_builder values_;
    std::string server_note_;
    std::string query_; ///< "&a=b&c=d"; its first character becomes '?'
    std::vector<std::pair<std::string, std::string>> headers_;
    std::vector<std::string> notes_;
};

void check_version(const openapi_document& doc) {
    if (!doc.root()->is_object()) throw unusable{"no OpenAPI document: it is not a map of keys"};
    if (const auto* swagger = doc.get(doc.root(), "swagger"))
        throw unusable{fmt::format("Swagger {}; convert it to OpenAPI 3 first, for example with 'npx swagger2openapi'",
                                   in_comment(text_of(swagger)))};
    const auto* version = doc.get(doc.root(), "openapi");
    if (version == nullptr) throw unusable{"no OpenAPI document: it has no key 'openapi' with the version"};
    const auto text = version->is_double() ? fmt::format("{}", version->as_double()) : text_of(version);
    if (!text.starts_with("3.") && text != "3")
        throw unusable{fmt::format("OpenAPI {}; 3.0 and 3.1 are read", in_comment(text))};
}

} // namespace

result<request_side> translate_openapi(const json::value& document, const std::string& file,
                                       std::string_view operation) {
    try {
        const openapi_document doc(document);
        check_version(doc);
        const auto all = operations_of(doc);
        if (all.empty()) throw unusable{"the document has no operations"};
        return translator(doc, file, choose(all, operation)).translate(all);
    } catch (const unusable& why) {
        return problems{file, why.text};
    }
}

} // namespace loadsim::scenario
