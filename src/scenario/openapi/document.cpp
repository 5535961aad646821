#include "openapi/document.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/spelling.hpp>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

constexpr int max_references = 32;     // $ref that leads to $ref
constexpr int max_looks = 100;         // at schemas, which may extend each other
constexpr std::size_t max_listed = 40; // operations in a problem

/// True: one of the properties, also of a schema that it extends, is a vehicle.
bool has_vehicle(const openapi_document& doc, const json::value* schema, int& looks) {
    if (--looks < 0) return false;
    for (const auto& property : doc.members(doc.get(schema, "properties")))
        if (is_vehicle_key(property.key())) return true;
    return std::ranges::any_of(doc.items(doc.get(schema, "allOf")),
                               [&](const json::value& base) { return has_vehicle(doc, &base, looks); });
}

int score_of(const openapi_document& doc, const api_operation& o) {
    const int by_method = o.method == "POST" ? 4 : o.method == "PUT" || o.method == "PATCH" ? 2 : 0;
    if (by_method == 0) return 0;
    const bool in_path = std::ranges::any_of(o.parameters, [&](const json::value* p) {
        return doc.text(p, "in") == "path" && is_vehicle_key(doc.text(p, "name"));
    });
    std::string type;
    int looks = max_looks;
    const auto* body = doc.media(doc.get(doc.get(o.own, "requestBody"), "content"), type);
    int score = by_method + (in_path ? 8 : has_vehicle(doc, doc.get(body, "schema"), looks) ? 5 : 0);
    const auto words = normal_name(o.path + " " + o.id + " " + o.summary);
    for (const auto* word :
         {"command", "remote", "service", "action", "execut", "lock", "horn", "light", "climat", "charg"})
        if (words.find(word) != std::string::npos) {
            score += 2;
            break;
        }
    if (body != nullptr) ++score;
    if (doc.get(doc.get(o.own, "responses"), "202") != nullptr) ++score;
    if (doc.flag(o.own, "deprecated")) score -= 3;
    return std::max(score, 1);
}

} // namespace

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::count(names, name) != 0;
}

std::string normal_name(std::string_view name) {
    std::string normal;
    for (const char c : name) {
        const char lower = ascii_lower(c);
        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) normal += lower;
    }
    return normal;
}

bool is_vehicle_key(std::string_view name) {
    const auto n = normal_name(name);
    return n.ends_with("vin") ||
           is_one_of(n, {"vehicle", "vehicleid", "vehicleidentifier", "vehicleidentificationnumber", "vehicleref",
                         "car", "carid", "fin", "deviceid", "thingid", "thingname", "assetid"});
}

bool is_service_key(std::string_view name) {
    return is_one_of(normal_name(name),
                     {"service", "servicename", "servicetype", "serviceid", "remoteservice", "remoteserviceid",
                      "command", "commandname", "commandtype", "action", "actionname", "actiontype", "operation",
                      "operationname", "operationtype", "requesttype"});
}

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

std::string in_comment(std::string_view text) { return escape_for_terminal(excerpt(text, 100)); }

std::string text_of(const json::value* v) {
    if (v == nullptr || v->is_null()) return {};
    return v->is_string() ? std::string(v->as_string()) : json::serialize(*v);
}

const json::value& openapi_document::resolve(const json::value& from) const {
    const auto* at = &from;
    for (int n = 0;; ++n) {
        const auto* ref = at->is_object() ? at->as_object().if_contains("$ref") : nullptr;
        if (ref == nullptr || !ref->is_string()) return *at;
        const std::string_view text = ref->as_string();
        if (!text.starts_with('#'))
            throw unusable_document{fmt::format("'$ref: {}' leads to another document; bundle all into one first, for "
                                                "example with 'npx @redocly/cli bundle'",
                                                in_comment(text))};
        if (n == max_references) throw unusable_document{fmt::format("'$ref: {}' leads to itself", in_comment(text))};
        boost::system::error_code error;
        at = root_.find_pointer(percent_decode(text.substr(1)), error);
        if (at == nullptr) throw unusable_document{fmt::format("'$ref: {}' leads nowhere", in_comment(text))};
    }
}

const json::value* openapi_document::get(const json::value* from, std::string_view key) const {
    const auto& all = members(from);
    const auto* found = all.if_contains(key);
    return found == nullptr ? nullptr : &resolve(*found);
}

bool openapi_document::flag(const json::value* from, std::string_view key) const {
    const auto* found = get(from, key);
    return found != nullptr && found->is_bool() && found->as_bool();
}

const json::object& openapi_document::members(const json::value* from) const {
    static const json::object none;
    if (from == nullptr) return none;
    const auto& whole = resolve(*from);
    return whole.is_object() ? whole.as_object() : none;
}

const json::array& openapi_document::items(const json::value* from) const {
    static const json::array none;
    if (from == nullptr) return none;
    const auto& whole = resolve(*from);
    return whole.is_array() ? whole.as_array() : none;
}

const json::value* openapi_document::first(const json::value* from) const {
    const auto& all = items(from);
    return all.empty() ? nullptr : &resolve(all.front());
}

const json::value* openapi_document::media(const json::value* content, std::string& type) const {
    const auto is_json = [](std::string_view t) { return t.find("json") != std::string_view::npos; };
    const json::key_value_pair* chosen = nullptr;
    for (const auto& entry : members(content))
        if (chosen == nullptr || (is_json(entry.key()) && !is_json(chosen->key()))) chosen = &entry;
    if (chosen == nullptr) return nullptr;
    type = chosen->key();
    return &resolve(chosen->value());
}

const json::value* openapi_document::example(const json::value* of) const {
    if (const auto* one = get(of, "example")) return one;
    const auto& named = members(get(of, "examples"));
    return named.empty() ? nullptr : get(&named.begin()->value(), "value");
}

std::vector<std::string> openapi_document::types_of(const json::value* schema) const {
    std::vector<std::string> types;
    const auto* type = get(schema, "type");
    if (type != nullptr && type->is_string()) types.emplace_back(type->as_string());
    for (const auto& one : items(type))
        if (one.is_string() && one.as_string() != "null") types.emplace_back(one.as_string());
    return types;
}

bool openapi_document::may_be_text(const json::value* schema) const {
    const auto types = types_of(schema);
    return types.empty() || std::ranges::count(types, "string") != 0;
}

void check_version(const openapi_document& doc) {
    if (!doc.root()->is_object()) throw unusable_document{"no OpenAPI document: it is not a map of keys"};
    if (const auto* swagger = doc.get(doc.root(), "swagger"))
        throw unusable_document{
            fmt::format("Swagger {}; convert it to OpenAPI 3 first, for example with 'npx swagger2openapi'",
                        in_comment(text_of(swagger)))};
    const auto* version = doc.get(doc.root(), "openapi");
    if (version == nullptr) throw unusable_document{"no OpenAPI document: it has no key 'openapi' with the version"};
    const auto text = version->is_double() ? fmt::format("{}", version->as_double()) : text_of(version);
    const auto is = [&text](const std::string& known) { return text == known || text.starts_with(known + '.'); };
    if (text != "3" && !is("3.0") && !is("3.1")) // YAML's 3.0 without quotes is the number 3
        throw unusable_document{fmt::format("OpenAPI {}; 3.0 and 3.1 are read", in_comment(text))};
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
    if (all.empty()) throw unusable_document{"the document has no operations"};
    return all;
}

const api_operation& choose_operation(const std::vector<api_operation>& all, std::string_view wanted) {
    if (wanted.empty()) {
        const auto best = std::ranges::max_element(all, {}, &api_operation::score);
        if (best->score > 0) return *best;
        throw unusable_document{"no operation sends anything (POST, PUT or PATCH); name one with --operation"};
    }
    std::vector<std::string> names;
    for (const auto& o : all) {
        if (o.id == wanted || o.name() == wanted) return o;
        names.push_back(o.id.empty() ? o.name() : o.id);
    }
    std::vector<std::string_view> known(names.begin(), names.end());
    if (nearest_name(wanted, known).empty()) known.resize(std::min(known.size(), max_listed));
    throw unusable_document{unknown_name("operation", wanted, known)};
}

} // namespace loadsim::scenario
