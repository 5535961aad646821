#include "json_schema.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace harness {
namespace {

namespace json = boost::json;

bool has_type(const json::value& v, std::string_view type) {
    if (type == "object") return v.is_object();
    if (type == "array") return v.is_array();
    if (type == "string") return v.is_string();
    if (type == "boolean") return v.is_bool();
    if (type == "integer") return v.is_int64() || v.is_uint64();
    if (type == "number") return v.is_number();
    return type == "null" && v.is_null();
}

class validator {
public:
    explicit validator(const json::object& definitions) : definitions_(definitions) {}

    void check(const json::object& schema, const json::value& v, const std::string& path) {
        for (const auto& [keyword, value] : schema) check_keyword(keyword, value, schema, v, path);
    }

    std::vector<std::string> errors;

private:
    void check_keyword(std::string_view keyword, const json::value& value, const json::object& schema,
                       const json::value& v, const std::string& path) {
        static const std::set<std::string_view> notes{"$schema", "$id", "$defs", "title", "description", "format"};
        if (notes.contains(keyword)) return;
        if (keyword == "$ref") {
            constexpr std::string_view prefix = "#/$defs/";
            check(definitions_.at(std::string_view(value.as_string()).substr(prefix.size())).as_object(), v, path);
        } else if (keyword == "type") {
            const auto types = value.is_array() ? value.get_array() : json::array{value};
            if (std::ranges::none_of(types, [&](const auto& type) { return has_type(v, type.as_string()); }))
                errors.push_back(path + ": not of the type " + std::string(types[0].as_string()));
        } else if (keyword == "const" || keyword == "enum") {
            const auto allowed = keyword == "enum" ? value.as_array() : json::array{value};
            if (std::ranges::find(allowed, v) == allowed.end())
                errors.push_back(path + ": not one of the allowed values");
        } else if (keyword == "minimum") {
            if (v.is_number() && v.to_number<double>() < value.to_number<double>())
                errors.push_back(path + ": below the minimum");
        } else if (keyword == "required") {
            for (const auto& name : value.as_array())
                if (v.is_object() && !v.get_object().contains(name.as_string()))
                    errors.push_back(path + ": '" + std::string(name.as_string()) + "' is missing");
        } else if (keyword == "properties" || keyword == "additionalProperties") {
            if (v.is_object()) check_members(keyword, value, schema, v.get_object(), path);
        } else if (keyword == "items") {
            if (v.is_array())
                for (std::size_t i = 0; i < v.get_array().size(); ++i)
                    check(value.as_object(), v.get_array()[i], path + '/' + std::to_string(i));
        } else {
            throw std::logic_error("keyword of JSON Schema: " + std::string(keyword));
        }
    }

    void check_members(std::string_view keyword, const json::value& value, const json::object& schema,
                       const json::object& members, const std::string& path) {
        const auto* properties = schema.if_contains("properties");
        for (const auto& [name, member] : members) {
            const auto* described = properties == nullptr ? nullptr : properties->as_object().if_contains(name);
            const auto member_path = path + '/' + std::string(name);
            if ((keyword == "properties") != (described != nullptr)) continue;
            if (described != nullptr)
                check(described->as_object(), member, member_path);
            else if (value.is_object())
                check(value.get_object(), member, member_path);
            else if (!value.as_bool())
                errors.push_back(path + ": '" + std::string(name) + "' is not allowed");
        }
    }

    const json::object& definitions_;
};

} // namespace

std::vector<std::string> schema_errors(const json::value& schema, const json::value& document) {
    validator v(schema.at("$defs").as_object());
    v.check(schema.as_object(), document, "");
    return std::move(v.errors);
}

} // namespace harness
