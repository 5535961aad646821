#include <loadsim/scenario/new_scenario.hpp>

#include "embedded_data.hpp"
#include "openapi/translation.hpp"
#include "read_context.hpp"
#include "yaml.hpp"

#include <loadsim/base/encoding.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace loadsim::scenario {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 100; // of a document

/// data/own_platform.yaml with the parts between "#@ NAME" and "#@ end" replaced by the named block; without blocks, unchanged but for
/// these lines.
std::string fill_template(const request_side* blocks) {
    std::string made;
    std::string_view rest = own_platform_yaml;
    bool skips = false;
    while (!rest.empty()) {
        const auto line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
        rest.remove_prefix(line.size());
        const auto indentation = std::min(line.find_first_not_of(' '), line.size());
        const auto text = line.substr(indentation);
        if (!text.starts_with("#@ ")) {
            if (!skips) made += line;
            continue;
        }
        const auto name = text.substr(3, text.size() - 4);
        skips = blocks != nullptr && name != "end";
        if (!skips) continue;
        std::string_view block = name == "target"    ? blocks->target
                                 : name == "request" ? blocks->request
                                                     : blocks->services;
        while (!block.empty()) {
            const auto end = std::min(block.find('\n'), block.size() - 1) + 1;
            made.append(indentation, ' ').append(block.substr(0, end));
            block.remove_prefix(end);
        }
    }
    return made;
}

json::value to_json(const yaml_node& n) {
    switch (n.what) {
    case yaml_node::kind::null: return nullptr;
    case yaml_node::kind::list: {
        json::array all;
        for (const auto& item : n.items) all.push_back(to_json(item));
        return all;
    }
    case yaml_node::kind::map: {
        json::object all;
        for (const auto& m : n.members) all[m.key] = to_json(m.value);
        return all;
    }
    case yaml_node::kind::scalar: break;
    }
    if (n.quoted) return json::string(n.text);
    // Numbers, true, false and null are written as in JSON.
    boost::system::error_code no_json;
    auto value = json::parse(n.text, no_json);
    return no_json || !(value.is_number() || value.is_bool() || value.is_null()) ? json::string(n.text) : value;
}

/// "file:line:column" of a byte.
std::string place_of(std::string_view text, std::size_t at, const std::string& file) {
    const auto before = text.substr(0, at);
    const auto line_end = before.rfind('\n');
    return fmt::format("{}:{}:{}", file, std::ranges::count(before, '\n') + 1,
                       at - (line_end == std::string_view::npos ? 0 : line_end + 1) + 1);
}

/// True: JSON, or YAML that begins like it.
bool looks_like_json(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{' &&
           text.substr(std::min(text.find_first_not_of(" \t\r\n", first + 1), text.size())).starts_with('"');
}

/// JSON, else YAML. A text that is neither and looks like JSON is wrong JSON.
result<json::value> parse_document(std::string_view text, const std::string& file) {
    text = without_byte_order_mark(text);
    problems wrong_json;
    if (looks_like_json(text)) {
        boost::system::error_code error;
        json::parse_options options;
        options.max_depth = max_depth;
        json::stream_parser parser({}, options);
        const auto end = parser.write_some(text, error);
        if (!error) parser.finish(error);
        if (!error && text.find_first_not_of(" \t\r\n", end) == std::string_view::npos) return parser.release();
        wrong_json.add(place_of(text, end, file), "not JSON: " + (error ? error.message() : "more behind its end"));
    }
    read_context r;
    const auto root = parse_yaml(text, 0, r, 0,
                                 {.what = "an OpenAPI document",
                                  .size = openapi_size_limit,
                                  .nodes = 1'000'000,
                                  .depth = max_depth,
                                  .text = openapi_size_limit});
    if (root) return to_json(*root);
    if (!wrong_json.empty()) return wrong_json;
    problems all;
    for (const auto& p : r.located_problems())
        all.add(fmt::format("{}:{}:{}", file, p.location.line, p.location.column), p.text);
    return all;
}

} // namespace

std::string new_scenario() { return fill_template(nullptr); }

result<std::string> new_scenario_from_openapi(std::string_view document, const std::string& file,
                                              std::string_view operation) {
    const auto parsed = parse_document(document, file);
    if (!parsed) return parsed.error();
    const auto blocks = translate_openapi(*parsed, file, operation);
    if (!blocks) return blocks.error();
    return fill_template(&*blocks);
}

} // namespace loadsim::scenario
