#include <loadsim/scenario/read.hpp>

#include "language.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace loadsim::scenario {
namespace {

/// A default as JSON has it: YAML's scalars are texts to us.
boost::json::value typed(const boost::json::object& schema, const std::string& text) {
    const auto* type = schema.if_contains("type");
    if (type == nullptr || !type->is_string() || type->as_string() == "string") return boost::json::string(text);
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value(boost::json::string(text)) : value;
}

} // namespace

void object_schema::add(std::string_view name, std::string_view documentation, boost::json::object schema,
                        const node& usual) {
    schema["description"] = documentation;
    if (usual.what == node::kind::scalar && !usual.text.empty()) schema["default"] = typed(schema, usual.text);
    properties_[name] = std::move(schema);
}

boost::json::object object_schema::take() {
    boost::json::object made{
        {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties_)}};
    if (!required_.empty()) made["required"] = std::move(required_);
    return made;
}

std::string schema() {
    boost::json::object root{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                             {"title", "loadsim scenario"}};
    for (auto& entry : kinds::object<document>{}.schema()) root[entry.key()] = entry.value();
    root["$defs"] = boost::json::object{{"step", kinds::step::definition()}};
    return boost::json::serialize(root) + "\n";
}

} // namespace loadsim::scenario
