#include "openapi/value_builder.hpp"

#include "check.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

constexpr int max_value_depth = 8;        // of a value
constexpr std::size_t max_values = 1'000; // schemas may contain each other
constexpr std::size_t max_services = 20;

} // namespace

std::string template_literal(std::string_view text, std::string_view otherwise) {
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

std::string value_builder::name_of(std::string_view property) const {
    return for_response_ ? std::string(property) : template_literal(property, property);
}

json::value value_builder::build(const json::value* schema, std::string_view name, const json::value* example,
                                 int depth) {
    if (depth == 0) {
        values_ = 0;
        open_.clear();
    }
    if (++values_ > max_values || depth > max_value_depth) return nullptr;
    open_.push_back(schema == nullptr ? nullptr : &doc_.resolve(*schema));
    auto made = build_open(schema, name, example, depth);
    open_.pop_back();
    return made;
}

bool value_builder::is_open(const json::value* schema) const {
    return schema != nullptr && std::ranges::count(open_, &doc_.resolve(*schema)) != 0;
}

json::value value_builder::build_open(const json::value* schema, std::string_view name, const json::value* example,
                                      int depth) {
    if (doc_.may_be_text(schema) && (example == nullptr || example->is_string())) {
        if (is_vehicle_key(name)) return "{vin}";
        if (is_service_key(name)) return json::string(service(schema, example));
    }
    if (example == nullptr) example = example_of(schema);
    for (const auto* alternatives : {"oneOf", "anyOf"})
        if (const auto* one = doc_.first(doc_.get(schema, alternatives))) return build(one, name, example, depth + 1);
    if (is_object(schema) || (example != nullptr && example->is_object())) return object(schema, example, depth);
    const auto types = doc_.types_of(schema);
    const bool is_list = !types.empty() && types.front() == "array";
    const auto* items = doc_.get(schema, "items");
    if (is_list && example == nullptr && is_open(items)) return json::array{};
    if (is_list || (example != nullptr && example->is_array()))
        return json::array{build(items, name, doc_.first(example), depth + 1)};
    if (example != nullptr)
        return example->is_string()
                   ? json::string(template_literal(example->as_string(), template_literal(name, "text")))
                   : *example;
    return by_type(schema, name, types.empty() ? "string" : types.front());
}

std::string value_builder::text(const json::value* parameter, std::string_view name) {
    const auto made = build(doc_.get(parameter, "schema"), name, doc_.example(parameter));
    return text_of(&made);
}

std::string value_builder::service(const json::value* schema, const json::value* example) {
    std::vector<std::string> values;
    for (const auto& one : doc_.items(doc_.get(schema, "enum")))
        if (one.is_string() && std::ranges::count(values, text_of(&one)) == 0) values.push_back(text_of(&one));
    if (example == nullptr) example = example_of(schema);
    if (values.empty() && example != nullptr && example->is_string()) values.emplace_back(example->as_string());
    if (values.empty()) values.emplace_back("horn");
    auto fixed = values.front();
    std::erase_if(values, [](const std::string& v) { return !is_service_name(v); });
    if (values.empty()) {
        fixed_services_.push_back(fixed);
        return template_literal(fixed, "command");
    }
    values.resize(std::min(values.size(), max_services));
    if (services_.empty()) services_ = std::move(values);
    return "{service}";
}

const json::value* value_builder::example_of(const json::value* schema) const {
    for (const auto* key : {"example", "const", "default"})
        if (const auto* found = doc_.get(schema, key); found != nullptr && !found->is_null()) return found;
    for (const auto* key : {"examples", "enum"})
        if (const auto* found = doc_.first(doc_.get(schema, key)); found != nullptr && !found->is_null()) return found;
    return nullptr;
}

bool value_builder::is_object(const json::value* schema) const {
    const auto types = doc_.types_of(schema);
    return (!types.empty() && types.front() == "object") ||
           (types.empty() && (doc_.get(schema, "properties") != nullptr || doc_.get(schema, "allOf") != nullptr));
}

void value_builder::add_properties(const json::value* schema, const json::value* example, int depth,
                                   json::object& made) {
    if (++values_ > max_values || depth > max_value_depth) return;
    for (const auto& base : doc_.items(doc_.get(schema, "allOf"))) add_properties(&base, example, depth + 1, made);
    std::vector<std::string> required;
    for (const auto& one : doc_.items(doc_.get(schema, "required"))) required.push_back(text_of(&one));
    const auto* given = example != nullptr && example->is_object() ? &example->as_object() : nullptr;
    for (const auto& property : doc_.members(doc_.get(schema, "properties"))) {
        const std::string_view key = property.key();
        const auto* own = given == nullptr ? nullptr : given->if_contains(key);
        const bool is_required = std::ranges::count(required, key) != 0;
        if (!is_required && own == nullptr && is_open(&property.value())) continue;
        const bool wanted = for_response_ || is_required || is_vehicle_key(key) || is_service_key(key) ||
                            (given == nullptr ? required.empty() : own != nullptr);
        if (wanted && (for_response_ || !doc_.flag(&property.value(), "readOnly")))
            made[name_of(key)] = build(&property.value(), key, own, depth + 1);
    }
}

json::value value_builder::object(const json::value* schema, const json::value* example, int depth) {
    json::object made;
    add_properties(schema, example, depth, made);
    if (example != nullptr && example->is_object())
        for (const auto& member : example->as_object())
            if (!made.contains(name_of(member.key())) &&
                doc_.get(doc_.get(schema, "properties"), member.key()) == nullptr)
                made[name_of(member.key())] = build(nullptr, member.key(), &member.value(), depth + 1);
    return made;
}

json::value value_builder::by_type(const json::value* schema, std::string_view name, const std::string& type) const {
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
    return json::string(name.empty() ? "text" : template_literal(name, "text"));
}

} // namespace loadsim::scenario
