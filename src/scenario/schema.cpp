#include <loadsim/scenario/read.hpp>

#include "schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace loadsim::scenario {
namespace {

/// Default value in its JSON type; YAML scalars are kept as text.
boost::json::value typed(const boost::json::object& schema, const std::string& text) {
    const auto* type = schema.if_contains("type");
    if (type == nullptr || !type->is_string() || type->as_string() == "string") return boost::json::string(text);
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value(boost::json::string(text)) : value;
}

} // namespace

void object_schema::add(std::string_view name, std::string_view documentation, boost::json::object schema,
                        const yaml_node& default_value) {
    schema["description"] = documentation;
    if (default_value.what == yaml_node::kind::scalar && !default_value.text.empty())
        schema["default"] = typed(schema, default_value.text);
    properties_[name] = std::move(schema);
}

boost::json::object object_schema::take_schema() {
    boost::json::object made{
        {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties_)}};
    if (!required_.empty()) made["required"] = std::move(required_);
    return made;
}

std::string schema() {
    boost::json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "loadsim scenario"}};
    for (auto& entry : value_types::object<scenario_config>{}.schema()) root[entry.key()] = entry.value();
    root["$defs"] = boost::json::object{{"step", value_types::step::definition()}};
    return boost::json::serialize(root) + "\n";
}

} // namespace loadsim::scenario
